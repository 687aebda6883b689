import { failpoint } from '@etcd-ts/failpoint';
import { assert, IndexedHeap, MAX_WATCH_CATCH_UP_REVISIONS, Revision } from '@etcd-ts/foundation';
import type { EventsOutcome, RevisionCommit } from '../watch-event.js';
import { CatchUpQueue, moveMembers, sliceEnd } from './catch-up-queue.js';
import { matchCommit } from './commit-matcher.js';
import type { WatcherOptions, WatchSink } from './sink.js';
import { SharedSlice } from './shared-slice.js';
import { SlowWatchers } from './slow-watchers.js';
import { WatcherGroup } from './watcher-group.js';
import { Watcher } from './watcher.js';

/**
 * Watchers moved between groups in one step, about a microsecond each: 100,000 that reconnect at
 * once must not hold the event loop.
 */
const MAX_MOVES_PER_STEP = 512;

/** What the hub asks of the store. */
export interface WatchHistory {
  readonly currentRevision: Revision;
  readonly compactRevision: Revision;
  /**
   * Whole revisions from `from` on: at most `maxRevisions`, or fewer. From the compact revision on
   * nothing may be missing, the compact revision's own deletes included.
   */
  readEvents(from: Revision, maxRevisions: number): EventsOutcome;
}

export interface WatchCounts {
  readonly watchers: number;
  /** Refused by their sink and waiting for it to drain. */
  readonly slow: number;
  /** Behind, catching up from history. */
  readonly pending: number;
}

export interface WatchHubOptions {
  /** Called when catchUpStep() gets something to do after it had nothing. Schedule, don't step. */
  readonly onCatchUpNeeded?: () => void;
}

/**
 * Brings every commit to the watchers that want it: to each in order, once, without a gap, whole
 * revisions only, as fast as its sink takes them, and never slower for another's sake.
 *
 * A watcher is in one of four places. Synced: it gets commits as they are published. Catching up:
 * behind, it gets history in slices. Slow: its sink is full; nothing is queued for it but its
 * position. Future: its start has not been reached.
 *
 * Sinks are called from publish() and catchUpStep() only, so whoever calls watch() knows the watcher
 * before the sink hears of it. From within a sink's call anything may be done but these two.
 */
export class WatchHub {
  readonly #history: WatchHistory;
  readonly #onCatchUpNeeded: () => void;
  /** The last commit that was published; its offers may still be going on. */
  #published: Revision;
  /** Its position is behind #published while the last commit is being offered. */
  #synced: WatcherGroup;
  readonly #catchUp = new CatchUpQueue();
  readonly #slow = new SlowWatchers();
  readonly #future = new IndexedHeap<Watcher>((a, b) => a.ownPosition < b.ownPosition);
  #delivering: WatcherGroup | undefined;
  #watchers = 0;

  constructor(history: WatchHistory, options: WatchHubOptions = {}) {
    this.#history = history;
    this.#onCatchUpNeeded = options.onCatchUpNeeded ?? (() => undefined);
    this.#published = history.currentRevision;
    this.#synced = new WatcherGroup(after(this.#published));
  }

  get counts(): WatchCounts {
    const { watchers: pending } = this.#catchUp;
    return { watchers: this.#watchers, slow: this.#slow.size, pending };
  }

  /** A start that is compacted already is told to the sink by the next catchUpStep(). */
  watch(options: WatcherOptions): Watcher {
    const { startRevision } = options;
    const position =
      startRevision === 0 ? after(this.#history.currentRevision) : Revision(startRevision);
    const watcher = new Watcher(options, position);
    this.#watchers++;
    this.#place(watcher);
    return watcher;
  }

  /** At any moment, also from within offer; nothing is offered afterwards. Twice is a no-op. */
  cancel(watcher: Watcher): void {
    if (watcher.cancelled) return;
    watcher.cancelled = true;
    this.#watchers--;
    if (watcher.group !== undefined) watcher.group.leave(watcher);
    else if (watcher.heapIndex >= 0) this.#future.remove(watcher);
    else this.#slow.delete(watcher);
  }

  /** Every commit once, in order, as soon as it is readable. O(events * log n + matches). */
  publish(commit: RevisionCommit): void {
    assert(commit.revision === this.#published + 1, 'commits are published without a gap');
    this.#published = commit.revision;
    if (this.#synced.size > 0) this.#deliverCommit(this.#synced, commit);
    this.#synced.advance(after(commit.revision));
    this.#admitFuture();
  }

  /**
   * One slice of catching up for one group of watchers, reading at most `budgetRevisions` (and never
   * more than MAX_WATCH_CATCH_UP_REVISIONS, which bounds a response). True: there is more to do.
   */
  catchUpStep(budgetRevisions: number): boolean {
    assert(budgetRevisions >= 1, 'a step needs a budget');
    FAILPOINT: failpoint('beforeSyncWatchers');
    const group = this.#catchUp.next();
    if (group === undefined) return false;
    const ahead = this.#catchUp.ahead(group);
    if (ahead !== undefined && ahead.position === group.position) {
      const [small, large] = ahead.size < group.size ? [ahead, group] : [group, ahead];
      moveMembers(small, large, MAX_MOVES_PER_STEP);
      this.#catchUp.discardIfEmpty(small);
      return this.#catchUp.busy;
    }
    const budget = Math.min(budgetRevisions, MAX_WATCH_CATCH_UP_REVISIONS);
    this.#deliverHistory(group, sliceEnd(group, ahead, budget));
    // In the same step as the delivery: with a commit published between any two steps the group
    // would otherwise never be seen with nothing left to read.
    if (group.position > this.#published) moveMembers(group, this.#synced, MAX_MOVES_PER_STEP);
    this.#catchUp.discardIfEmpty(group);
    return this.#catchUp.busy;
  }

  /** Owed by a sink that refused an offer: its watchers go on from where they stand. */
  sinkDrained(sink: WatchSink): void {
    FAILPOINT: failpoint('beforeMoveVictims');
    for (const watcher of this.#slow.take(sink)) this.#place(watcher);
  }

  /**
   * The revision up to which the watcher has been delivered everything; undefined while it is not
   * synced, and before the start it asked for has been reached.
   */
  progressOf(watcher: Watcher): Revision | undefined {
    FAILPOINT: failpoint('beforeProgressIfSync');
    if (watcher.group !== this.#synced) return undefined;
    const delivered = watcher.nextRevision - 1;
    return delivered >= watcher.startRevision ? Revision(delivered) : undefined;
  }

  /**
   * The store's content was replaced (by a leader's snapshot). Everybody keeps their position: what
   * lies between it and the new present is read from the new history.
   */
  historyReplaced(): void {
    assert(this.#delivering === undefined, 'history replaced during a delivery');
    const { currentRevision } = this.#history;
    assert(currentRevision >= this.#published, 'a snapshot never takes the store back');
    const formerlySynced = [...this.#synced.index.members()];
    for (const watcher of formerlySynced) this.#synced.leave(watcher);
    this.#published = currentRevision;
    this.#synced = new WatcherGroup(after(currentRevision));
    for (const watcher of formerlySynced) this.#place(watcher);
    this.#admitFuture();
  }

  /** Where a watcher in no place belongs by its position. */
  #place(watcher: Watcher): void {
    const present = after(this.#published);
    if (watcher.ownPosition > present) this.#future.push(watcher);
    // While a commit is being offered, `present` is one ahead of the synced group: the newcomer
    // keeps its own position and is not part of that offer, which it does not need.
    else if (watcher.ownPosition === present) this.#synced.join(watcher);
    else {
      const idle = !this.#catchUp.busy;
      this.#catchUp.add(watcher, this.#delivering);
      if (idle) this.#onCatchUpNeeded();
    }
  }

  #admitFuture(): void {
    const present = after(this.#published);
    for (
      let first = this.#future.peek();
      first !== undefined && first.ownPosition <= present;
      first = this.#future.peek()
    ) {
      this.#future.remove(first);
      this.#place(first);
    }
  }

  #deliverHistory(group: WatcherGroup, end: Revision): void {
    const from = group.position;
    const to = Math.min(end, after(this.#published));
    if (to <= from) return;
    if (from < this.#history.compactRevision) {
      this.#overtaken(group, this.#history.compactRevision);
      return;
    }
    const read = this.#history.readEvents(from, to - from);
    if (read.kind === 'compacted') {
      this.#overtaken(group, read.compactRevision);
      return;
    }
    // What is appended but not published yet reaches the watchers by its publication.
    const next = Math.min(read.next, to);
    assert(next > from, 'history was read without getting on');
    this.#deliverSlice(group, read.commits, Revision(next));
  }

  /** Compaction took what some of the group still needed. */
  #overtaken(group: WatcherGroup, compactRevision: Revision): void {
    assert(compactRevision > group.position, 'refused history that is not compacted');
    this.#begin(group);
    for (const watcher of [...group.index.members()]) {
      if (watcher.cancelled || watcher.nextRevision >= compactRevision) continue;
      this.cancel(watcher);
      watcher.sink.compacted(watcher, compactRevision);
    }
    this.#delivering = undefined;
    group.advance(compactRevision);
  }

  #deliverCommit(group: WatcherGroup, commit: RevisionCommit): void {
    const whole = [commit];
    this.#begin(group);
    matchCommit(group.index, commit, (watcher, part) => {
      this.#offer(group, watcher, part === commit ? whole : [part], commit.revision);
    });
    this.#delivering = undefined;
  }

  /** Offers the commits below `next` to the members that want any of them, then advances all. */
  #deliverSlice(group: WatcherGroup, commits: readonly RevisionCommit[], next: Revision): void {
    const nothing = new SharedSlice();
    const wanted = new Map<Watcher, SharedSlice>();
    for (const commit of commits) {
      if (commit.revision >= next) break;
      matchCommit(group.index, commit, (watcher, part) => {
        wanted.set(watcher, (wanted.get(watcher) ?? nothing).with(part));
      });
    }
    const upTo = Revision(next - 1);
    this.#begin(group);
    for (const [watcher, slice] of wanted) this.#offer(group, watcher, slice.commits, upTo);
    this.#delivering = undefined;
    group.advance(next);
  }

  #begin(group: WatcherGroup): void {
    assert(this.#delivering === undefined, 'a sink may not publish or step');
    this.#delivering = group;
  }

  #offer(
    group: WatcherGroup,
    watcher: Watcher,
    commits: readonly RevisionCommit[],
    upTo: Revision,
  ): void {
    // Cancelled by a sink since it was matched.
    if (watcher.group !== group) return;
    if (watcher.sink.offer(watcher, commits, upTo) || watcher.cancelled) return;
    // It leaves with the position it had before these commits, and before the group advances past
    // them: that is all it takes for a refused event not to be lost.
    group.leave(watcher);
    this.#slow.add(watcher);
  }
}

function after(revision: Revision): Revision {
  return Revision(revision + 1);
}

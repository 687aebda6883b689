import { Revision, toBinaryString } from '@etcd-ts/foundation';
import type { RevisionCommit, WatchEvent } from '../../watch-event.js';
import type { WatchSink } from '../sink.js';
import type { Watcher } from '../watcher.js';
import type { MemoryHistory } from './memory-history.js';

export interface Interest {
  readonly key: string;
  /** As in a request: '' one key, '\0' open. */
  readonly rangeEnd: string;
  readonly noPut: boolean;
  readonly noDelete: boolean;
}

/** What the naive model knows of a watcher. */
export interface Expectation {
  readonly interest: Interest;
  /** The first revision it has not been given. */
  next: number;
}

/** Revisions [from, to] as a watcher of `interest` must see them. */
export function filtered(
  history: MemoryHistory,
  interest: Interest,
  from: number,
  to: number,
): RevisionCommit[] {
  return history.commits.flatMap(({ revision, events }) => {
    if (revision < from || revision > to) return [];
    const wanted = events.filter((event) => wants(interest, event));
    return wanted.length > 0 ? [{ revision, events: wanted }] : [];
  });
}

/** Events are compared by identity: all watchers share one object. */
function sameCommits(a: readonly RevisionCommit[], b: readonly RevisionCommit[]): boolean {
  return (
    a.length === b.length &&
    a.every((commit, i) => {
      const other = b[i];
      return (
        other !== undefined &&
        commit.revision === other.revision &&
        commit.events.length === other.events.length &&
        commit.events.every((event, at) => event === other.events[at])
      );
    })
  );
}

/** Plain, for it runs a million times. */
function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`wrong: ${what}`);
}

function wants({ key, rangeEnd, noPut, noDelete }: Interest, event: WatchEvent): boolean {
  if (event.type === 'put' ? noPut : noDelete) return false;
  const at = toBinaryString(event.kv.key);
  if (rangeEnd === '') return at === key;
  return at >= key && (rangeEnd === '\0' || at < rangeEnd);
}

/**
 * A sink with room for so many offers. It holds every offer against the whole history: exactly what
 * the watcher wants from where it stands up to `upTo`, nothing else, nothing missing.
 */
export class CheckingSink implements WatchSink {
  readonly expected = new Map<Watcher, Expectation>();
  readonly #history: MemoryHistory;
  room = Infinity;
  refused = false;
  offers = 0;
  /** Done at the next offer, from within it. */
  onOffer: ((watcher: Watcher) => void) | undefined;

  constructor(history: MemoryHistory) {
    this.#history = history;
  }

  offer(watcher: Watcher, commits: readonly RevisionCommit[], upTo: Revision): boolean {
    const expected = this.expected.get(watcher);
    if (expected === undefined) throw new Error('offered to a cancelled watcher');
    check(watcher.nextRevision >= expected.next && watcher.nextRevision <= upTo, 'position');
    check(upTo <= this.#history.currentRevision, 'offered the future');
    check(commits.length > 0 && commits.length <= 1000, 'size of an offer');
    const wanted = filtered(this.#history, expected.interest, expected.next, upTo);
    check(sameCommits(commits, wanted), 'offered something else than it wants');
    this.offers++;
    const react = this.onOffer;
    this.onOffer = undefined;
    react?.(watcher);
    if (this.room <= 0) {
      this.refused = true;
      return false;
    }
    this.room--;
    expected.next = upTo + 1;
    return true;
  }

  compacted(watcher: Watcher, compactRevision: Revision): void {
    const expected = this.expected.get(watcher);
    if (expected === undefined) throw new Error('compacted after it was cancelled');
    check(watcher.cancelled, 'compacted but not cancelled');
    check(compactRevision === this.#history.compactRevision, 'compact revision');
    check(watcher.nextRevision < compactRevision, 'cancelled although its history is there');
    // It may be further than its last offer, when what followed was not wanted by it.
    const from = expected.next;
    const passed = filtered(this.#history, expected.interest, from, watcher.nextRevision - 1);
    check(passed.length === 0, 'events were lost before the compaction');
    this.expected.delete(watcher);
  }
}

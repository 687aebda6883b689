import { ClusterObserver } from '@etcd-ts/checker';
import type { Change, ClusterEvent, EventLog, RevisionChanges } from '@etcd-ts/checker';
import { crc32c, toBinaryString } from '@etcd-ts/foundation';
import type { RevisionCommit } from '@etcd-ts/mvcc';
import type { Entry, HardState, Message } from '@etcd-ts/raft';
import { InternalRaftRequest } from '@etcd-ts/wire-protocol';

import { keyValueOfStore } from '../clients/stored-key.js';
import { describeChanges } from '../clients/watcher.js';

/** A broken promise, and when it was found. */
export interface Finding {
  readonly rule: string;
  readonly message: string;
}

/**
 * Looks at all members all the time: at what goes to their logs, what they apply, what they tell each
 * other, and what their watchers are told. The first broken promise is kept.
 */
export class ClusterWatch {
  readonly #observer = new ClusterObserver();
  readonly #revisions = new Map<
    number,
    { readonly text: string; readonly commit: RevisionCommit; readonly atMs: number }
  >();
  #finding: Finding | undefined;
  #newestRevision = 1;
  elections = 0;
  /** Somebody leads in a new term. */
  onElection: (() => void) | undefined;
  /** States that members took over from others. */
  snapshots = 0;
  applied = 0;

  get finding(): Finding | undefined {
    return this.#finding;
  }

  get newestRevision(): number {
    return this.#newestRevision;
  }

  /** Compactions that came into a log, by whomever they were asked for. */
  onCompaction: ((revision: number) => void) | undefined;
  #newestIndex = 0;

  logged(index: number, type: Entry['type'], data: Uint8Array): void {
    if (this.onCompaction === undefined || index <= this.#newestIndex) return;
    this.#newestIndex = index;
    if (type !== 'normal' || data.length === 0) return;
    const { compaction } = InternalRaftRequest.decode(data);
    if (compaction !== undefined) this.onCompaction(Number(compaction.revision));
  }

  found(rule: string, message: string): void {
    this.#finding ??= { rule, message };
  }

  observe(event: ClusterEvent): void {
    if (event.kind === 'leader') {
      this.elections++;
      this.onElection?.();
    }
    if (event.kind === 'applied') this.applied++;
    const verdict = this.#observer.observe(event);
    if (verdict.kind === 'violation') this.found(verdict.violation.rule, verdict.violation.message);
  }

  /** Every member tells the same of a revision, whenever it does. */
  published(member: string, commit: RevisionCommit, atMs: number): void {
    const { revision } = commit;
    this.#newestRevision = Math.max(this.#newestRevision, revision);
    const text = describeChanges(commit);
    const known = this.#revisions.get(revision);
    if (known === undefined) this.#revisions.set(revision, { text, commit, atMs });
    else if (known.text !== text) {
      this.found(
        'different-events',
        `${member} tells of revision ${revision}: ${text}; before: ${known.text}`,
      );
    }
  }

  /** When somebody first told of a revision; undefined: long ago, or never. */
  publishedAtMs(revision: number): number | undefined {
    return this.#revisions.get(revision)?.atMs;
  }

  /** Of what happened up to this revision. */
  forget(revision: number): void {
    for (const known of this.#revisions.keys()) {
      if (known <= revision) this.#revisions.delete(known);
    }
  }

  /** All that is known of what happened after a revision, in pieces without a gap. */
  eventLogs(after = 0): readonly EventLog[] {
    const logs: { revisions: RevisionChanges[]; from: number; through: number }[] = [];
    const known = [...this.#revisions.keys()].filter((revision) => revision > after);
    for (const revision of known.sort((a, b) => a - b)) {
      let log = logs.at(-1);
      if (log?.through !== revision - 1) {
        log = { revisions: [], from: revision, through: revision };
        logs.push(log);
      }
      log.through = revision;
      const commit = this.#revisions.get(revision)?.commit;
      if (commit !== undefined) log.revisions.push({ revision, changes: changesOf(commit) });
    }
    return logs;
  }
}

function changesOf({ events }: RevisionCommit): Change[] {
  return events.map(({ type, kv }) => ({
    key: toBinaryString(kv.key),
    kv: type === 'put' ? keyValueOfStore(kv) : undefined,
  }));
}

/**
 * One member's log as its disk was told, entry by entry.
 *
 * Whoever alone is the quorum leads, and writes, before its term is on the disk, as etcd does too.
 * With the power it may lose both, and lead in the same term again with other entries. That is no
 * broken promise, for raft lets nobody hear of either before; so nobody hears of it here.
 */
export class LogMirror {
  readonly #member: string;
  readonly #watch: ClusterWatch;
  readonly #isAlone: () => boolean;
  #held: ClusterEvent[] = [];
  readonly #entries = new Map<number, { readonly term: number; readonly hash: number }>();
  #lastIndex = 0;

  constructor(member: string, watch: ClusterWatch, isAlone: () => boolean) {
    this.#member = member;
    this.#watch = watch;
    this.#isAlone = isAlone;
  }

  /** What was found at a start, after the position of a snapshot. */
  load(start: { readonly index: number; readonly term: number }, entries: readonly Entry[]): void {
    this.#startAt(start);
    this.append(undefined, entries);
  }

  /** Of its own log; or of a leader's, which replaces a log that has something else there, or nothing. */
  snapshot(record: { readonly index: number; readonly term: number }): void {
    if (this.termAt(record.index) !== record.term) this.#startAt(record);
  }

  #startAt({ index, term }: { readonly index: number; readonly term: number }): void {
    this.#held = [];
    this.#entries.clear();
    this.#entries.set(index, { term, hash: 0 });
    this.#lastIndex = index;
  }

  append(hardState: HardState | undefined, entries: readonly Entry[]): void {
    for (const { index, term, data, type } of entries) {
      for (; this.#lastIndex >= index; this.#lastIndex--) this.#entries.delete(this.#lastIndex);
      this.#watch.logged(index, type, data);
      const hash = crc32c(data) ^ type.length;
      const previousTerm = this.termAt(index - 1);
      this.#entries.set(index, { term, hash });
      this.#lastIndex = index;
      if (previousTerm === undefined) continue;
      const member = this.#member;
      this.#tell({ kind: 'appended', member, index, term, previousTerm, hash });
    }
    if (hardState !== undefined && hardState.commit > 0) {
      this.#tell({ kind: 'committed', member: this.#member, index: hardState.commit });
    }
  }

  /** All but the last entries. */
  forget(kept: number): void {
    for (const index of this.#entries.keys()) {
      if (index <= this.#lastIndex - kept) this.#entries.delete(index);
    }
  }

  #tell(event: ClusterEvent): void {
    if (this.#held.length > 0 || this.#isAlone()) this.#held.push(event);
    else this.#watch.observe(event);
  }

  /** To be called as a sync begins; the answer, when it has succeeded. */
  syncing(): () => void {
    const covered = this.#held;
    const count = covered.length;
    return () => {
      if (covered !== this.#held) return;
      for (const event of covered.splice(0, count)) this.#watch.observe(event);
    };
  }

  applied(index: number, term: number, revision: number): void {
    const entry = this.#entries.get(index);
    if (entry !== undefined && entry.term !== term) {
      this.#watch.found(
        'applied-not-logged',
        `${this.#member} applied entry ${index} of term ${term}, its log has term ${entry.term}`,
      );
    }
    const hash = entry?.hash ?? 0;
    const member = this.#member;
    this.#watch.observe({ kind: 'applied', member, index, term, hash, revision });
  }

  leads(term: number): void {
    this.#watch.observe({
      kind: 'leader',
      member: this.#member,
      term,
      log: { lastIndex: this.#lastIndex, termAt: (index) => this.termAt(index) },
    });
  }

  termAt(index: number): number | undefined {
    return index === 0 ? 0 : this.#entries.get(index)?.term;
  }
}

/** What a message makes known about its sender, who must never take it back. */
export function sentBy(watch: ClusterWatch, member: string, message: Message): void {
  const { term } = message;
  switch (message.type) {
    case 'requestVote':
      watch.observe({ kind: 'voted', member, term, candidate: String(message.from) });
      return;
    case 'requestVoteResponse':
      if (message.reject) return;
      watch.observe({ kind: 'voted', member, term, candidate: String(message.to) });
      return;
    case 'appendEntries':
    case 'appendEntriesResponse':
      watch.observe({ kind: 'term', member, term });
      return;
    default:
  }
}

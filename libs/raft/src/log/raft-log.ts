import { assert } from '@etcd-ts/foundation';
import type { RaftIndex, Term } from '@etcd-ts/foundation';
import type { Entry, Snapshot } from '../types.js';
import { countFitting } from './entry-size.js';
import type { LogStorage } from './storage.js';
import { Unstable } from './unstable.js';

/**
 * One log out of two: the storage below, the unstable tail above. Invariants:
 * applied <= applying <= min(committed, stableIndex), committed <= lastIndex, and an entry at or
 * below `committed` never changes.
 */
export class RaftLog {
  readonly #storage: LogStorage;
  readonly unstable: Unstable;
  #committed: RaftIndex;
  #applying: RaftIndex;
  #applied: RaftIndex;

  constructor(storage: LogStorage, committed: RaftIndex, applied: RaftIndex) {
    this.#storage = storage;
    this.unstable = new Unstable(storage.lastIndex());
    // What a snapshot covers or what is applied is committed by nature. The hard state may know
    // less: a commit index alone is not worth an fsync, while the applied state has its own.
    const compacted = (storage.firstIndex() - 1) as RaftIndex;
    this.#applied = Math.max(applied, compacted) as RaftIndex;
    this.#applying = this.#applied;
    this.#committed = Math.max(committed, this.#applied) as RaftIndex;
    assert(
      this.#committed <= storage.lastIndex(),
      () => `applied ${applied} or committed ${committed} is beyond ${storage.lastIndex()}`,
    );
  }

  get committed(): RaftIndex {
    return this.#committed;
  }

  get applied(): RaftIndex {
    return this.#applied;
  }

  /** Handed out for applying, up to here. */
  get applying(): RaftIndex {
    return this.#applying;
  }

  /** Up to here the log is durable on this member. */
  get stableIndex(): RaftIndex {
    return (this.unstable.offset - 1) as RaftIndex;
  }

  get lastIndex(): RaftIndex {
    return this.unstable.lastIndex();
  }

  get firstIndex(): RaftIndex {
    const pending = this.unstable.snapshot;
    if (pending !== undefined) return (pending.metadata.index + 1) as RaftIndex;
    return this.#storage.firstIndex();
  }

  get lastTerm(): Term {
    const term = this.term(this.lastIndex);
    assert(typeof term === 'number', () => `the last entry's term is ${term}`);
    return term;
  }

  term(index: number): Term | 'compacted' | 'unavailable' {
    if (index >= this.unstable.offset) return this.unstable.at(index)?.term ?? 'unavailable';
    const pending = this.unstable.snapshot;
    if (pending === undefined) return this.#storage.term(index as RaftIndex);
    return index === pending.metadata.index ? pending.metadata.term : 'compacted';
  }

  matches(index: number, term: Term): boolean {
    return this.term(index) === term;
  }

  /** Raft 5.4.1: the later last term wins, then the longer log. */
  isUpToDate(lastIndex: RaftIndex, lastTerm: Term): boolean {
    const ownTerm = this.lastTerm;
    return lastTerm > ownTerm || (lastTerm === ownTerm && lastIndex >= this.lastIndex);
  }

  /** Entries [lo, hi) cut to maxBytes, at least one if there is one. */
  slice(lo: number, hi: number, maxBytes: number): readonly Entry[] | 'compacted' {
    if (lo < this.firstIndex) return 'compacted';
    if (lo >= hi) return [];
    const { offset } = this.unstable;
    if (lo >= offset) return this.#unstableSlice(lo, hi, maxBytes);
    const stableHi = Math.min(hi, offset);
    const stable = this.#storage.entries(lo as RaftIndex, stableHi as RaftIndex, maxBytes);
    assert(
      stable !== 'unavailable',
      () => `entries [${lo}, ${stableHi}) are missing in the storage`,
    );
    if (stable === 'compacted' || hi <= offset || stable.length < stableHi - lo) return stable;
    return this.#joined(stable, hi, maxBytes);
  }

  #unstableSlice(lo: number, hi: number, maxBytes: number): Entry[] {
    const entries = this.unstable.slice(lo, hi);
    const count = countFitting(entries, 0, entries.length, maxBytes);
    if (count < entries.length) entries.length = count;
    return entries;
  }

  #joined(stable: readonly Entry[], hi: number, maxBytes: number): readonly Entry[] {
    const entries = stable.concat(this.unstable.slice(this.unstable.offset, hi));
    const count = countFitting(entries, 0, entries.length, maxBytes);
    if (count < entries.length) entries.length = count;
    return entries;
  }

  snapshot(): Snapshot | 'unavailable' {
    return this.unstable.snapshot ?? this.#storage.snapshot();
  }

  /**
   * Raft 5.3, receiver rules 2-4. Only a conflict truncates: an append that was overtaken by a
   * longer one must not cut off what the longer one added. Returns the last index known to equal
   * the leader's, or undefined if the previous entry does not match.
   */
  maybeAppend(
    previousIndex: RaftIndex,
    previousTerm: Term,
    entries: readonly Entry[],
  ): RaftIndex | undefined {
    if (!this.matches(previousIndex, previousTerm)) return undefined;
    const conflict = this.#firstConflict(entries);
    if (conflict < entries.length) {
      const from = (entries[conflict] as Entry).index;
      // The one line that could lose an answered write: committed entries are for ever, so a
      // leader that wants to replace one is not a leader of this cluster, and stopping is right.
      assert(from > this.#committed, () => `entry ${from} conflicts with a committed one`);
      this.#truncateAndAppend(conflict === 0 ? entries : entries.slice(conflict));
    }
    return (previousIndex + entries.length) as RaftIndex;
  }

  #firstConflict(entries: readonly Entry[]): number {
    // Mostly everything is new: nothing to compare then.
    const last = this.lastIndex;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry;
      if (entry.index > last || !this.matches(entry.index, entry.term)) return i;
    }
    return entries.length;
  }

  #truncateAndAppend(entries: readonly Entry[]): void {
    const from = (entries[0] as Entry).index;
    if (from <= this.lastIndex) this.unstable.truncate(from);
    this.unstable.append(entries);
  }

  /** A leader's own entries (Raft 5.3, leader append-only: never truncates). */
  append(entries: readonly Entry[]): void {
    this.unstable.append(entries);
  }

  /** Never goes back. False if there was nothing to do. */
  commitTo(index: number): boolean {
    if (index <= this.#committed) return false;
    assert(index <= this.lastIndex, () => `commit ${index} is beyond the log ${this.lastIndex}`);
    this.#committed = index as RaftIndex;
    return true;
  }

  /**
   * The largest index at or below `index` whose term is at most `term`: both logs can match no
   * later. With index 0 nothing is left to disagree about. 'compacted' positions count as found.
   */
  findConflictByTerm(index: number, term: Term): RaftIndex {
    for (let i = Math.min(index, this.lastIndex); i > 0; i--) {
      const ours = this.term(i);
      if (typeof ours !== 'number' || ours <= term) return i as RaftIndex;
    }
    return 0 as RaftIndex;
  }

  /** Where applying may go on to: a pending snapshot comes first, and so does the local disk. */
  get applicable(): RaftIndex {
    if (this.unstable.snapshot !== undefined) return this.#applying;
    return Math.min(this.#committed, this.stableIndex) as RaftIndex;
  }

  takeCommitted(maxBytes: number): readonly Entry[] {
    const upTo = this.applicable;
    if (upTo <= this.#applying) return [];
    const entries = this.slice(this.#applying + 1, upTo + 1, maxBytes);
    assert(
      entries !== 'compacted',
      () => `entry ${this.#applying + 1} was cut before it was applied`,
    );
    this.#applying = (this.#applying + entries.length) as RaftIndex;
    return entries;
  }

  appliedTo(index: RaftIndex): void {
    assert(index <= this.#applying, () => `applied ${index} was never handed out`);
    if (index > this.#applied) this.#applied = index;
  }

  restore(snapshot: Snapshot): void {
    this.#committed = snapshot.metadata.index;
    this.unstable.restore(snapshot);
  }

  /** The snapshot is in the storage: it counts as applied. False for a superseded one. */
  snapshotPersisted(index: RaftIndex): boolean {
    if (!this.unstable.snapshotPersisted(index)) return false;
    this.#applying = Math.max(this.#applying, index) as RaftIndex;
    this.#applied = Math.max(this.#applied, index) as RaftIndex;
    return true;
  }
}

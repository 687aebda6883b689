import { assert, EMPTY_BYTES } from '@etcd-ts/foundation';
import type { RaftIndex, Term } from '@etcd-ts/foundation';
import { EMPTY_CONF_STATE, EMPTY_HARD_STATE } from '../types.js';
import type { ConfState, Entry, HardState, Snapshot } from '../types.js';
import { countFitting } from './entry-size.js';
import type { LogStorage } from './storage.js';

/**
 * The log tail in memory, filled from the WAL at start and from every Ready after. It holds
 * (#offset, lastIndex]; #offset is the newest index compacted away, whose term it still knows.
 */
export class MemoryLog implements LogStorage {
  #hardState: HardState = EMPTY_HARD_STATE;
  #snapshot: Snapshot = {
    data: EMPTY_BYTES,
    metadata: { confState: EMPTY_CONF_STATE, index: 0 as RaftIndex, term: 0 as Term },
  };
  #offset = 0;
  #offsetTerm = 0 as Term;
  #entries: Entry[] = [];

  initialState(): { hardState: HardState; confState: ConfState } {
    return { hardState: this.#hardState, confState: this.#snapshot.metadata.confState };
  }

  entries(
    lo: RaftIndex,
    hi: RaftIndex,
    maxBytes: number,
  ): readonly Entry[] | 'compacted' | 'unavailable' {
    if (lo <= this.#offset) return 'compacted';
    const from = lo - this.#offset - 1;
    const to = hi - this.#offset - 1;
    if (to > this.#entries.length) return 'unavailable';
    return this.#entries.slice(from, from + countFitting(this.#entries, from, to, maxBytes));
  }

  term(index: RaftIndex): Term | 'compacted' | 'unavailable' {
    if (index < this.#offset) return 'compacted';
    if (index === this.#offset) return this.#offsetTerm;
    return this.#entries[index - this.#offset - 1]?.term ?? 'unavailable';
  }

  firstIndex(): RaftIndex {
    return (this.#offset + 1) as RaftIndex;
  }

  lastIndex(): RaftIndex {
    return (this.#offset + this.#entries.length) as RaftIndex;
  }

  snapshot(): Snapshot | 'unavailable' {
    return this.#snapshot.metadata.index === 0 ? 'unavailable' : this.#snapshot;
  }

  setHardState(hardState: HardState): void {
    this.#hardState = hardState;
  }

  /**
   * Appends, replacing everything from the first given index on: a new leader's entries win over
   * what was there. What lies at or below the compaction point is left alone, it is committed.
   */
  append(entries: readonly Entry[]): void {
    const first = entries[0];
    if (first === undefined) return;
    assert(first.index <= this.lastIndex() + 1, () => `log gap before entry ${first.index}`);
    const skip = Math.max(0, this.#offset + 1 - first.index);
    if (skip >= entries.length) return;
    const position = first.index + skip - this.#offset - 1;
    if (position < this.#entries.length) this.#entries.length = position;
    for (let i = skip; i < entries.length; i++) this.#entries.push(entries[i] as Entry);
  }

  /**
   * Describes the applied state at `index` for followers that are too far behind. Does not
   * compact. `index` must be in the log and newer than the last snapshot.
   */
  createSnapshot(index: RaftIndex, confState: ConfState, data: Uint8Array): Snapshot {
    const current = this.#snapshot.metadata.index;
    assert(index >= current, () => `snapshot ${index} is older than ${current}`);
    const term = this.term(index);
    assert(typeof term === 'number', () => `snapshot index ${index} is ${term} in the log`);
    this.#snapshot = { data, metadata: { confState, index, term } };
    return this.#snapshot;
  }

  /** Drops the entries up to and including `index`; a no-op if they are gone already. */
  compact(index: RaftIndex): void {
    if (index <= this.#offset) return;
    const term = this.term(index);
    assert(typeof term === 'number', () => `compaction index ${index} is beyond the log`);
    this.#entries = this.#entries.slice(index - this.#offset);
    this.#offset = index;
    this.#offsetTerm = term;
  }

  /** Replaces the whole log by a snapshot that a leader sent or that was found on disk. */
  applySnapshot(snapshot: Snapshot): void {
    const { index, term } = snapshot.metadata;
    assert(
      index >= this.#snapshot.metadata.index,
      () => `snapshot ${index} is older than ${this.#snapshot.metadata.index}`,
    );
    this.#snapshot = snapshot;
    this.#offset = index;
    this.#offsetTerm = term;
    this.#entries = [];
  }
}

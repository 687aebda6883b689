import type { RaftIndex, Term } from '@etcd-ts/foundation';
import type { ConfState, Entry, HardState, Snapshot } from '../types.js';

/**
 * The stable part of the log, as raft reads it back; only its owner writes to it. Answers come at
 * once: it lives in memory. Raft asks only for what it was told is persisted, so `unavailable`
 * within [firstIndex, lastIndex] is a broken invariant, and so is a log that shrinks at its end.
 */
export interface LogStorage {
  initialState(): { readonly hardState: HardState; readonly confState: ConfState };
  /**
   * Entries [lo, hi), cut to `maxBytes` of payload but at least one. The array is the caller's, the
   * entries are shared and immutable. `compacted`: lo < firstIndex. `unavailable`: beyond lastIndex.
   */
  entries(
    lo: RaftIndex,
    hi: RaftIndex,
    maxBytes: number,
  ): readonly Entry[] | 'compacted' | 'unavailable';
  /** Also answers for firstIndex - 1, which the consistency check of an append needs. */
  term(index: RaftIndex): Term | 'compacted' | 'unavailable';
  /** First index after what compaction or a snapshot has covered. */
  firstIndex(): RaftIndex;
  /** firstIndex - 1 when there are no entries. */
  lastIndex(): RaftIndex;
  /**
   * For a follower too far behind. `unavailable`: not ready yet, raft asks again later. It should be
   * of about now: its index is at least firstIndex - 1, and one whose membership lacks the
   * follower is of no use to it and not sent.
   */
  snapshot(): Snapshot | 'unavailable';
}

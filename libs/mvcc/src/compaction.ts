import { failpoint } from '@etcd-ts/failpoint';
import { must, Revision } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import { compactSlice } from './key-index/index-compaction.js';
import { OrderedRevisions } from './ordered-revisions.js';
import { decodeCompactRevision, encodeCompactRevision } from './revision-bytes.js';
import type { StoreState } from './store-state.js';

const SCHEDULED_META = 'scheduledCompactRev';
const FINISHED_META = 'finishedCompactRev';
/**
 * A sweep pauses for their rows to go when it has found so many: they take 12 bytes each, less than
 * the index has given up for them, but as long as they wait the rows are there.
 */
const MAX_WAITING = 2 ** 21;

export interface CompactionProgress {
  /** Nothing is left to do. */
  readonly done: boolean;
  /** Rows deleted by this step; none while the index is swept. */
  readonly removed: number;
}

export type CompactOutcome =
  { readonly kind: 'scheduled' } | { readonly kind: 'compacted' } | { readonly kind: 'future' };

/**
 * Compaction is agreed on at once (`schedule`, part of the replicated state) and carried out in
 * slices whenever there is time (`step`, this member's own affair). A later compaction may be
 * scheduled while a sweep is under way: the sweep goes on with the new revision, and the keys it
 * had passed already are swept again, so a frequent compactor cannot keep it from finishing.
 *
 * The sweep goes by keys and the rows lie by revisions. Deleted as they are found, each would dirty
 * another page: measured, 25 times the pages written and 20 times the processor. So they are put in
 * order first. That is also what the backend asks for: of each key the older row goes first.
 */
export class Compaction {
  readonly #state: StoreState;
  /** The revision that a sweep has begun with; undefined between sweeps. */
  #sweptAt: number | undefined;
  /** Undefined when the sweep has seen the last key, until the rows it has found are gone. */
  #resumeKey: BinaryString | undefined = '';
  /** No longer in the index; their rows are to go. */
  readonly #waiting = new OrderedRevisions();
  #isRemoving = false;
  #finishedAt: number;
  #removedCount = 0;

  /** Takes up what the meta values say, an unfinished sweep included. */
  constructor(state: StoreState) {
    this.#state = state;
    const finished = readMark(state, FINISHED_META);
    const scheduled = readMark(state, SCHEDULED_META);
    this.#finishedAt = finished ?? state.compactedAt;
    state.compactedAt = Math.max(finished ?? state.compactedAt, scheduled ?? state.compactedAt);
  }

  /** Durable with the log entry that asked for it, before any row is gone. */
  schedule(revision: number): CompactOutcome {
    const state = this.#state;
    if (revision <= state.compactedAt) return { kind: 'compacted' };
    if (revision > state.currentRevision) return { kind: 'future' };
    state.compactedAt = Revision(revision);
    FAILPOINT: failpoint('compactBeforeCommitScheduledCompact');
    state.backend.writeMeta(SCHEDULED_META, encodeCompactRevision(revision));
    FAILPOINT: failpoint('compactAfterCommitScheduledCompact');
    return { kind: 'scheduled' };
  }

  /** Revisions that have gone since the start. */
  get removedCount(): number {
    return this.#removedCount;
  }

  /** `budget` bounds keys looked at and revisions found, together, or else rows deleted. */
  step(budget: number): CompactionProgress {
    const { index, compactedAt } = this.#state;
    if (this.#finishedAt === compactedAt) return { done: true, removed: 0 };
    if (this.#isRemoving) return this.#remove(budget);
    this.#sweptAt ??= compactedAt;
    const slice = compactSlice(index, compactedAt, this.#resumeKey ?? '', budget);
    this.#waiting.add(slice.removed);
    this.#resumeKey = slice.resumeKey;
    this.#isRemoving = slice.resumeKey === undefined || this.#waiting.size >= MAX_WAITING;
    return { done: false, removed: 0 };
  }

  #remove(budget: number): CompactionProgress {
    const { backend, compactedAt } = this.#state;
    const revisions = this.#waiting.take(budget);
    const removed = revisions.length;
    FAILPOINT: failpoint('compactBeforeCommitBatch');
    if (removed > 0) backend.deleteRevisions(revisions);
    this.#removedCount += removed;
    FAILPOINT: failpoint('compactAfterCommitBatch');
    if (this.#waiting.size > 0) return { done: false, removed };
    this.#isRemoving = false;
    if (this.#resumeKey !== undefined) return { done: false, removed };
    this.#resumeKey = '';
    this.#finishedAt = must(this.#sweptAt, 'a sweep has ended');
    this.#sweptAt = undefined;
    FAILPOINT: failpoint('compactBeforeSetFinishedCompact');
    backend.writeMeta(FINISHED_META, encodeCompactRevision(this.#finishedAt));
    FAILPOINT: failpoint('compactAfterSetFinishedCompact');
    return { done: this.#finishedAt === compactedAt, removed };
  }
}

function readMark(state: StoreState, name: string): number | undefined {
  const bytes = state.backend.readMeta(name);
  return bytes && decodeCompactRevision(bytes);
}

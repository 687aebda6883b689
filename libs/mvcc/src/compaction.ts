import { failpoint } from '@etcd-ts/failpoint';
import { Revision } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import { compactSlice } from './key-index/index-compaction.js';
import { decodeCompactRevision, encodeCompactRevision } from './revision-bytes.js';
import type { StoreState } from './store-state.js';

const SCHEDULED_META = 'scheduledCompactRev';
const FINISHED_META = 'finishedCompactRev';

export type CompactOutcome =
  { readonly kind: 'scheduled' } | { readonly kind: 'compacted' } | { readonly kind: 'future' };

/**
 * Compaction is agreed on at once (`schedule`, part of the replicated state) and carried out in
 * slices whenever there is time (`step`, this member's own affair). A later compaction may be
 * scheduled while a sweep is under way: the sweep goes on with the new revision, and the keys it
 * had passed already are swept again, so a frequent compactor cannot keep it from finishing.
 */
export class Compaction {
  readonly #state: StoreState;
  /** The revision that a sweep has begun with; undefined between sweeps. */
  #sweptAt: number | undefined;
  #resumeKey: BinaryString = '';
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

  /** `budget` bounds keys looked at and rows removed, together. True when nothing is left to do. */
  step(budget: number): boolean {
    const { backend, index, compactedAt } = this.#state;
    if (this.#finishedAt === compactedAt) return true;
    this.#sweptAt ??= compactedAt;
    const slice = compactSlice(index, compactedAt, this.#resumeKey, budget);
    FAILPOINT: failpoint('compactBeforeCommitBatch');
    if (slice.removed.length > 0) backend.deleteRevisions(slice.removed);
    this.#removedCount += slice.removed.length;
    FAILPOINT: failpoint('compactAfterCommitBatch');
    this.#resumeKey = slice.resumeKey ?? '';
    if (slice.resumeKey !== undefined) return false;
    this.#finishedAt = this.#sweptAt;
    this.#sweptAt = undefined;
    FAILPOINT: failpoint('compactBeforeSetFinishedCompact');
    backend.writeMeta(FINISHED_META, encodeCompactRevision(this.#finishedAt));
    FAILPOINT: failpoint('compactAfterSetFinishedCompact');
    return this.#finishedAt === compactedAt;
  }
}

function readMark(state: StoreState, name: string): number | undefined {
  const bytes = state.backend.readMeta(name);
  return bytes && decodeCompactRevision(bytes);
}

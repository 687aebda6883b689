import { assert } from '@etcd-ts/foundation';
import type { EncodedRange, MvccStore, RangeRequest } from '@etcd-ts/mvcc';

import { rangeChunks } from './range-chunks.js';
import { giveWay } from './slices.js';
import type { SliceTime } from './slices.js';

/** So many are read in one go: a few milliseconds, when none of them is in memory. */
const LONG_KEYS = 1000;
/** Of rows in one slice, more or less: a few milliseconds again. */
const SLICE_BYTES = 128 * 1024;
/** Slices that took less are followed by the next one at once. */
const SLICE_MS = 5;

export interface LongRangeTerms {
  readonly time: SliceTime;
  /** Asked after others had their turn. Rejects if the range must not go on. */
  readonly mayGoOn: () => Promise<void>;
}

/**
 * Whether reading it at once might keep everybody else waiting: heartbeats, and the reads of others.
 * Not of ranges that are sorted or filtered: those need all rows before there is a first one.
 */
export function isLongRange(store: MvccStore, request: RangeRequest): boolean {
  const { rangeEnd, countOnly, limit, revision } = request;
  if (rangeEnd.length === 0 || countOnly || (limit > 0 && limit <= LONG_KEYS)) return false;
  if (!isInKeyOrder(request) || isFiltered(request)) return false;
  // Of the past nobody knows the number without going through the keys.
  if (revision > 0) return true;
  const counted = store.range({ ...request, countOnly: true });
  return counted.kind === 'ok' && counted.count > LONG_KEYS;
}

function isInKeyOrder({ sortTarget, sortOrder }: RangeRequest): boolean {
  return sortTarget === 'key' && sortOrder !== 'descend';
}

function isFiltered(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return [minModRevision, maxModRevision, minCreateRevision, maxCreateRevision].some(
    (bound) => bound !== 0,
  );
}

/**
 * The answer to a long range, read in slices between which others have their turn. All of it is of
 * one revision, that of the call, and so is the header: who watches from the next one on misses
 * nothing. Undefined: a compaction has taken that revision away meanwhile, though the request names
 * none. Throws as an RPC does if it names one.
 */
export async function readLongRange(
  store: MvccStore,
  request: RangeRequest,
  { time, mayGoOn }: LongRangeTerms,
): Promise<EncodedRange | undefined> {
  const revision = store.currentRevision;
  const rows: Uint8Array[] = [];
  let sinceMs = time.clock.monotonicMs();
  for (const chunk of rangeChunks(store, request, SLICE_BYTES)) {
    for (const row of chunk.rows) rows.push(row);
    if (chunk.end !== undefined) {
      const { count, more } = chunk.end;
      return { kind: 'ok', rows, count, more, revision };
    }
    const workedMs = time.clock.monotonicMs() - sinceMs;
    if (workedMs < SLICE_MS) continue;
    await giveWay(workedMs, time);
    await mayGoOn();
    if (request.revision <= 0 && store.compactRevision > revision) return undefined;
    sinceMs = time.clock.monotonicMs();
  }
  assert(false, 'the last chunk has the end');
}

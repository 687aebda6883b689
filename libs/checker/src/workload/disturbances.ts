import type { Rng } from '@etcd-ts/foundation';

import type { KeyRange, Operation } from '../operation.js';
import { pick } from './workload.js';

export interface WatchRequest {
  readonly range: KeyRange;
  readonly startRevision: number;
  readonly prevKv: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
}

const WATCH_DISTANCE = 100;
const COMPACTION_LEAD = 5;
/** Compactions reach back so far at most, so that most of them remove something. */
const COMPACTION_REACH = 200;

/**
 * Watches of the past, the present and the future: from 100 revisions back to 100 ahead; and from
 * exactly where the history was last `compacted`, if that is known.
 */
export function nextWatch(
  rng: Rng,
  revision: number,
  prefixes: readonly string[],
  compacted = 0,
): WatchRequest {
  const prefix = pick(rng, [...prefixes, '']);
  const range =
    prefix === '' ? { key: '\0', rangeEnd: '\0' } : { key: prefix, rangeEnd: `${prefix}~` };
  const offset = rng.below(2 * WATCH_DISTANCE + 1) - WATCH_DISTANCE;
  const filter = rng.below(10);
  return {
    range,
    startRevision: startOf(rng, revision + offset, compacted),
    prevKv: rng.below(2) === 0,
    noPut: filter === 0,
    noDelete: filter === 1,
  };
}

function startOf(rng: Rng, revision: number, compacted: number): number {
  const special = rng.below(8);
  if (special === 0) return 0;
  return special <= 2 && compacted > 0 ? compacted : Math.max(1, revision);
}

/**
 * At any of the last revisions, the current one included, and up to five that do not exist yet; a
 * share of them at the current one, so that nothing newer is left.
 */
export function nextCompaction(rng: Rng, revision: number, presentShare = 0): Operation {
  if (presentShare > 0 && rng.next() < presentShare) return { kind: 'compact', revision };
  const lowest = Math.max(1, revision - COMPACTION_REACH);
  return { kind: 'compact', revision: lowest + rng.below(revision + COMPACTION_LEAD + 1 - lowest) };
}

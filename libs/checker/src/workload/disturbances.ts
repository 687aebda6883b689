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

/** Watches of the past, the present and the future: from 100 revisions back to 100 ahead. */
export function nextWatch(rng: Rng, revision: number, prefixes: readonly string[]): WatchRequest {
  const prefix = pick(rng, [...prefixes, '']);
  const range =
    prefix === '' ? { key: '\0', rangeEnd: '\0' } : { key: prefix, rangeEnd: `${prefix}~` };
  const offset = rng.below(2 * WATCH_DISTANCE + 1) - WATCH_DISTANCE;
  const filter = rng.below(10);
  return {
    range,
    startRevision: rng.below(8) === 0 ? 0 : Math.max(1, revision + offset),
    prevKv: rng.below(2) === 0,
    noPut: filter === 0,
    noDelete: filter === 1,
  };
}

/** At any of the last revisions, the current one included, and up to five that do not exist yet. */
export function nextCompaction(rng: Rng, revision: number): Operation {
  const lowest = Math.max(1, revision - COMPACTION_REACH);
  return { kind: 'compact', revision: lowest + rng.below(revision + COMPACTION_LEAD + 1 - lowest) };
}

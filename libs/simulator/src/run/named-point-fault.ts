import type { FailpointName } from '@etcd-ts/failpoint';
import type { Rng } from '@etcd-ts/foundation';

import type { Victim } from './fault.js';
import { POINTS_AT_ANY_TIME, POINTS_OF_RECEIVED_SNAPSHOTS } from './named-points.js';

/**
 * How somebody gets to a point: by going on; by a start, maybe while it recovers; or by missing so much
 * that it needs a snapshot.
 */
export type LeadUp = 'nothing' | 'start' | 'absence';

/** The power goes in the midst of somebody's work, at steps with names, one after the other. */
export interface NamedPointFault {
  readonly kind: 'namedPoints';
  readonly atMs: number;
  /** Of an absence. */
  readonly forMs: number;
  readonly victim: Victim;
  readonly points: readonly FailpointName[];
  /** How often it comes to each before. */
  readonly passes: number;
  /** Until the power is back. */
  readonly downMs: number;
  readonly leadUp: LeadUp;
}

const MAX_PASSES = 20;
/** Rarely does anybody get a snapshot when it should. */
const ABSENT_SHARE = 0.45;
const MIN_ABSENCE_MS = 2500;
const MAX_ABSENCE_MS = 5000;
/** Who still needs its snapshot gets it again, at once. */
const MAX_DEATHS_OF_ABSENT = 6;
const MAX_DEATHS = 2;
const MIN_DOWN_MS = 20;
const MAX_DOWN_MS = 800;
const FROM_START_ONE_IN = 4;

export function planNamedPointFault(
  rng: Rng,
  allShare: number,
  fault: Pick<NamedPointFault, 'kind' | 'atMs' | 'forMs' | 'victim'>,
): NamedPointFault {
  const downMs = MIN_DOWN_MS + rng.below(MAX_DOWN_MS - MIN_DOWN_MS);
  if (rng.next() < ABSENT_SHARE) {
    const forMs = MIN_ABSENCE_MS + rng.below(MAX_ABSENCE_MS - MIN_ABSENCE_MS);
    const points = someOf(rng, POINTS_OF_RECEIVED_SNAPSHOTS, MAX_DEATHS_OF_ABSENT);
    return { ...fault, forMs, points, passes: 0, downMs, leadUp: 'absence' };
  }
  return {
    ...fault,
    victim: rng.next() < allShare ? 'all' : fault.victim,
    points: someOf(rng, POINTS_AT_ANY_TIME, MAX_DEATHS),
    passes: rng.below(2) * rng.below(MAX_PASSES),
    downMs,
    leadUp: rng.below(FROM_START_ONE_IN) === 0 ? 'start' : 'nothing',
  };
}

function someOf<T>(rng: Rng, choices: readonly T[], most: number): readonly T[] {
  return Array.from({ length: 1 + rng.below(most) }, () => choices[rng.below(choices.length)] as T);
}

import type { AutoCompaction, ServerConfig } from '@etcd-ts/config';
import type { Rng } from '@etcd-ts/foundation';

import type { WatcherHabits } from '../clients/watcher.js';
import type { FaultMix } from './fault.js';
import type { Plan } from './plan.js';
import type { Profile } from './profile.js';

/** What a cluster is set to that lives for weeks to a year, mostly in peace, as in production. */
export interface Era {
  readonly heartbeatMs: number;
  readonly electionMs: number;
  readonly leaseCheckpoint: boolean;
  readonly autoCompaction: AutoCompaction;
  /** 0: never. Longer than 31 bits of milliseconds, too. */
  readonly corruptCheckMs: number;
  readonly compactHashCheck: boolean;
  readonly leaseTtlSeconds: readonly number[];
  readonly watchers: WatcherHabits;
  /** Between two comparisons of the members' hashes. */
  readonly compareEveryMs: number;
  /** Between two counts of the leases. */
  readonly censusEveryMs: number;
  /** Time leaps over what changes nothing; false: it does not, with the same outcome. */
  readonly leaps: boolean;
}

/** What the members are configured with. */
export function overridesOf(era: Era | undefined): Partial<ServerConfig> {
  if (era === undefined) return {};
  return {
    heartbeatIntervalMs: era.heartbeatMs,
    electionTimeoutMs: era.electionMs,
    leaseCheckpoint: era.leaseCheckpoint,
    autoCompaction: era.autoCompaction,
    corruptCheckIntervalMs: era.corruptCheckMs,
    compactHashCheck: era.compactHashCheck,
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const DAY_S = 86_400;

/** Heartbeats and election timeouts: the default, and what distant or slow machines are given. */
const TIMINGS: readonly (readonly [number, number])[] = [
  [100, 1000],
  [100, 1000],
  [100, 1000],
  [500, 5000],
  [1000, 10_000],
  [5000, 50_000],
];

const TTLS = [30, 600, 3600, 6 * 3600, DAY_S, DAY_S, 7 * DAY_S];
/** Beyond the timers of 31 bits, and the longest that there is. */
const LONGEST_TTLS = [...TTLS, 40 * DAY_S, 9_000_000_000];

const FAULTS: FaultMix = {
  weights: {
    kill: 10,
    powerLoss: 6,
    pause: 6,
    restart: 4,
    upgrade: 3,
    partition: 4,
    isolate: 5,
    oneWay: 3,
    storm: 3,
    slowLinks: 3,
    slowDisk: 4,
    brokenDisk: 1,
    moveLeader: 3,
    replace: 2,
    grow: 1,
    shrink: 1,
    clock: 12,
  },
  leaderShare: 0.4,
  allShare: 0.05,
  minMs: 50,
  maxMs: MINUTE_MS,
  spacing: 1,
};

export const YEARS: Profile = {
  name: 'years',
  members: [1, 3, 3, 3, 5],
  faults: (rng) => ({ ...FAULTS, maxMs: pick(rng, [5000, 20_000, 2 * MINUTE_MS]) }),
  changes: (rng) => ({
    era: eraOf(rng),
    clients: 2 + rng.below(3),
    watchers: 1 + rng.below(3),
    thinkMs: pick(rng, [300, 1000]),
    lulls: {
      busyMs: pick(rng, [2000, 4000, 8000]),
      quietMs: pick(rng, [HOUR_MS, 4 * HOUR_MS, 12 * HOUR_MS]),
    },
    // Reads of the past within transactions cannot be judged once the past is forgotten.
    workloads: pick<Plan['workloads']>(rng, [
      ['registers', 'leases', 'readers'],
      ['kubernetes', 'leases'],
      ['leases'],
      ['lists', 'leases'],
    ]),
    compactEveryMs: pick(rng, [DAY_MS, 7 * DAY_MS]),
    snapshotCount: pick(rng, [100, 1000, 10_000]),
    snapshotCatchupEntries: pick(rng, [100, 5000]),
    segmentBytes: pick(rng, [16, 64]) * 1024,
    clockSkew: pick(rng, [0, 0.0002, 0.02]),
  }),
  faultEveryMs: (rng) => pick(rng, [HOUR_MS, 6 * HOUR_MS, DAY_MS, 3 * DAY_MS]),
  durationMs: (rng) => pick(rng, [7, 30, 90, 365]) * DAY_MS,
};

function eraOf(rng: Rng): Era {
  const [heartbeatMs, electionMs] = pick(rng, TIMINGS);
  return {
    heartbeatMs,
    electionMs,
    leaseCheckpoint: rng.below(2) === 0,
    autoCompaction: pick<AutoCompaction>(rng, [
      { mode: 'off' },
      { mode: 'periodic', retentionMs: HOUR_MS },
      { mode: 'periodic', retentionMs: DAY_MS },
      { mode: 'revision', retentionRevisions: 1000 },
    ]),
    corruptCheckMs: pick(rng, [0, 12 * HOUR_MS, 30 * DAY_MS]),
    compactHashCheck: rng.below(2) === 0,
    leaseTtlSeconds: pick(rng, [TTLS, LONGEST_TTLS]),
    watchers: {
      progressEveryMs: pick(rng, [HOUR_MS, 6 * HOUR_MS]),
      meanLifeMs: pick(rng, [DAY_MS, 7 * DAY_MS]),
    },
    compareEveryMs: 6 * HOUR_MS,
    censusEveryMs: 12 * HOUR_MS,
    leaps: true,
  };
}

function pick<T>(rng: Rng, choices: readonly T[]): T {
  return choices[rng.below(choices.length)] as T;
}

import type { Rng } from '@etcd-ts/foundation';
import { SeededRng } from '@etcd-ts/foundation';

import { FINE_WEATHER } from '../network/link.js';
import type { NetworkWeather } from '../network/link.js';
import type { Lulls } from '../clients/client.js';
import type { Era } from './era.js';
import type { Fault } from './fault.js';
import { planFaults } from './fault.js';
import { profileOf } from './profile.js';

export type WorkloadKind = 'etcd' | 'kubernetes' | 'leases' | 'registers' | 'lists' | 'readers';

/** Everything that one simulation is made of. What is not in here comes from the seed alone. */
export interface Plan {
  readonly seed: number;
  /** What it concentrates on. */
  readonly profile: string;
  readonly members: number;
  /** Of virtual time in which clients ask and faults happen. */
  readonly durationMs: number;
  readonly clients: number;
  readonly watchers: number;
  readonly operationsPerClient: number;
  readonly thinkMs: number;
  readonly pinnedShare: number;
  readonly lulls: Lulls | undefined;
  /** One each for a part of the clients. */
  readonly workloads: readonly WorkloadKind[];
  /** Between two changes of users and roles; 0: there are none, and no authentication. */
  readonly administerEveryMs: number;
  /** Undefined: it is over in a minute. */
  readonly era?: Era;
  readonly compactEveryMs: number;
  readonly compactAtPresentShare: number;
  readonly snapshotCount: number;
  readonly snapshotCatchupEntries: number;
  readonly segmentBytes: number;
  /** How far clocks run apart, as a share. */
  readonly clockSkew: number;
  readonly weather: NetworkWeather;
  readonly faults: readonly Fault[];
}

export interface PlanOptions {
  /** One that every plan concentrates on; otherwise each seed has its own. */
  readonly profile?: string;
  readonly members?: number;
  readonly durationMs?: number;
  /** The mean time between two faults. */
  readonly faultEveryMs?: number;
  /** Every heartbeat of a calm year: slow. */
  readonly steps?: boolean;
}

const DEFAULT_DURATION_MS = 25_000;
const FAULT_EVERY_MS = 2000;

export function planOf(seed: number, options: PlanOptions = {}): Plan {
  const rng = new SeededRng(seed);
  const profile = profileOf(rng, options.profile);
  const members = options.members ?? pick(rng, profile.members);
  const durationMs = options.durationMs ?? profile.durationMs?.(rng) ?? DEFAULT_DURATION_MS;
  const plan: Plan = {
    seed,
    profile: profile.name,
    members,
    durationMs,
    clients: 3 + rng.below(6),
    watchers: 1 + rng.below(5),
    operationsPerClient: 1_000_000,
    thinkMs: pick(rng, [30, 80, 200]),
    pinnedShare: 0.75,
    lulls: undefined,
    workloads: pick<readonly WorkloadKind[]>(rng, [
      ['etcd'],
      ['etcd', 'leases'],
      ['kubernetes', 'leases'],
      ['registers', 'leases'],
      ['lists', 'etcd', 'readers'],
    ]),
    administerEveryMs: 0,
    compactEveryMs: pick(rng, [300, 1000, 5000]),
    compactAtPresentShare: pick(rng, [0, 0, 0.1]),
    snapshotCount: pick(rng, [20, 50, 200, 1000]),
    snapshotCatchupEntries: pick(rng, [5, 50, 500]),
    segmentBytes: pick(rng, [4, 16, 256]) * 1024,
    clockSkew: pick(rng, [0, 0.001, 0.02]),
    weather: planWeather(rng),
    ...profile.changes(rng),
    faults: planFaults(
      rng,
      profile.faults(rng),
      members,
      durationMs,
      options.faultEveryMs ?? profile.faultEveryMs?.(rng) ?? FAULT_EVERY_MS,
    ),
  };
  const { era } = plan;
  if (era === undefined) return plan;
  return { ...plan, weather: FINE_WEATHER, era: { ...era, leaps: options.steps !== true } };
}

/** Rough, and over in six seconds: what a change has to pass by the thousand. */
export function shortPlan(seed: number, options: PlanOptions = {}): Plan {
  const plan = planOf(seed, { durationMs: 6000, faultEveryMs: 1000, ...options });
  // More do not make a short run meaner, only slower.
  return { ...plan, operationsPerClient: 80 };
}

/** No faults, few requests: what the speed of the simulator is measured by. */
export function lightPlan(seed: number, durationMs: number): Plan {
  return {
    ...planOf(seed, { members: 3, durationMs }),
    profile: 'light',
    clients: 1,
    watchers: 1,
    thinkMs: 2000,
    pinnedShare: 0.75,
    lulls: undefined,
    workloads: ['registers'],
    administerEveryMs: 0,
    compactEveryMs: 60_000,
    compactAtPresentShare: 0,
    snapshotCount: 1000,
    snapshotCatchupEntries: 500,
    segmentBytes: 256 * 1024,
    clockSkew: 0,
    weather: FINE_WEATHER,
    faults: [],
  };
}

function planWeather(rng: Rng): NetworkWeather {
  if (rng.below(2) === 0) return FINE_WEATHER;
  return {
    minDelayMs: 0.1,
    maxDelayMs: pick(rng, [1, 10, 60]),
    dropped: pick(rng, [0, 0.01, 0.05]),
    duplicated: pick(rng, [0, 0.02]),
    reordered: pick(rng, [0, 0.1]),
  };
}

function pick<T>(rng: Rng, choices: readonly T[]): T {
  return choices[rng.below(choices.length)] as T;
}

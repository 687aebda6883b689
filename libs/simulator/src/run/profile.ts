import type { Rng } from '@etcd-ts/foundation';

import { YEARS } from './era.js';
import { ALL_FAULTS } from './fault.js';
import type { FaultMix } from './fault.js';
import type { Plan } from './plan.js';

/**
 * What a plan concentrates on. All of it could happen by chance, but what needs several things at
 * once hardly ever does: a seed that does few things often finds what one that does everything does
 * not (swarm testing).
 */
export interface Profile {
  readonly name: string;
  readonly members: readonly number[];
  readonly faults: (rng: Rng) => FaultMix;
  /** What is not as in any other plan. */
  readonly changes: (rng: Rng) => Partial<Plan>;
  /** Where nobody says otherwise. */
  readonly faultEveryMs?: (rng: Rng) => number;
  readonly durationMs?: (rng: Rng) => number;
}

const USUAL_MEMBERS = [3, 3, 3, 3, 5, 5, 7, 1];
const USUAL: FaultMix = {
  weights: ALL_FAULTS,
  leaderShare: 0.33,
  allShare: 0.12,
  minMs: 50,
  maxMs: 10_000,
  spacing: 1,
};

const EVERYTHING: Profile = {
  name: 'everything',
  members: USUAL_MEMBERS,
  faults: () => USUAL,
  changes: () => ({}),
};

/** Half of the kinds. */
const SWARM: Profile = {
  name: 'swarm',
  members: USUAL_MEMBERS,
  faults: (rng) => {
    const kinds = (Object.keys(ALL_FAULTS) as (keyof typeof ALL_FAULTS)[]).filter(
      () => rng.below(2) === 0,
    );
    const weights = Object.fromEntries(kinds.map((kind) => [kind, ALL_FAULTS[kind]]));
    return {
      weights: kinds.length === 0 ? ALL_FAULTS : weights,
      leaderShare: rng.next(),
      allShare: rng.next() / 2,
      minMs: 50,
      maxMs: pick(rng, [300, 3000, 12_000]),
      spacing: 0.4 + rng.next(),
    };
  },
  changes: () => ({}),
};

/**
 * Leaders that lose touch for about as long as an election takes, while some keep asking them and
 * others go on with their successors.
 */
const CUT_OFF_LEADERS: Profile = {
  name: 'cut-off leaders',
  members: [3, 3, 5],
  faults: () => ({
    weights: { isolate: 8, oneWay: 2, pause: 3, partition: 2, slowLinks: 2 },
    leaderShare: 0.9,
    allShare: 0,
    minMs: 900,
    maxMs: 4000,
    spacing: 2,
  }),
  changes: (rng) => ({
    clients: 9,
    workloads: pick(rng, [
      ['leases', 'readers', 'registers'],
      ['leases', 'readers'],
      ['kubernetes', 'readers', 'leases'],
    ]),
    thinkMs: pick(rng, [20, 40]),
    pinnedShare: 0.9,
  }),
};

/** Some are far away: what they say and hear is old, repeated, out of order. */
const SLOW_LINKS: Profile = {
  name: 'slow links',
  members: [3, 3, 5],
  faults: () => ({
    weights: { slowLinks: 10, storm: 2, pause: 2, moveLeader: 1 },
    leaderShare: 0.2,
    allShare: 0,
    minMs: 1000,
    maxMs: 8000,
    spacing: 1.2,
  }),
  changes: (rng) => ({
    clients: 8,
    workloads: pick(rng, [
      ['etcd', 'readers'],
      ['registers', 'readers', 'leases'],
    ]),
    thinkMs: pick(rng, [20, 60]),
    pinnedShare: 0.9,
  }),
};

/** Members that miss so much that a snapshot must bring them up, with watchers who stay with them. */
const LEFT_BEHIND: Profile = {
  name: 'left behind',
  members: [3, 3, 5],
  faults: () => ({
    weights: { isolate: 10, pause: 3, kill: 2, restart: 1, replace: 1, grow: 1 },
    leaderShare: 0.15,
    allShare: 0,
    minMs: 2500,
    maxMs: 8000,
    spacing: 1.5,
  }),
  changes: (rng) => ({
    watchers: 8,
    clients: 10,
    thinkMs: pick(rng, [10, 20]),
    workloads: pick(rng, [['etcd'], ['kubernetes', 'etcd'], ['etcd', 'leases']]),
    pinnedShare: 0.3,
    compactEveryMs: pick(rng, [1000, 5000, 20_000]),
    snapshotCount: pick(rng, [10, 20, 50]),
    snapshotCatchupEntries: pick(rng, [0, 5, 10]),
  }),
};

/** Work in bursts; in between compactions, of everything there is, and then the power goes. */
const QUIET_ENDS: Profile = {
  name: 'quiet ends',
  members: [1, 3, 3],
  faults: () => ({
    weights: { powerLoss: 8, kill: 6, restart: 3, slowDisk: 1, pause: 1 },
    leaderShare: 0.3,
    allShare: 0.4,
    minMs: 50,
    maxMs: 1500,
    spacing: 0.7,
  }),
  changes: (rng) => ({
    workloads: pick(rng, [['etcd'], ['registers'], ['etcd', 'leases'], ['kubernetes']]),
    compactEveryMs: pick(rng, [150, 400]),
    compactAtPresentShare: 0.5,
    lulls: { busyMs: 100 + rng.next() * 500, quietMs: 300 + rng.next() * 1500 },
  }),
};

/** Members stand still, mostly leaders, for less and for more than an election takes, and all read. */
const PAUSES: Profile = {
  name: 'pauses',
  members: [3, 3, 5],
  faults: () => ({
    weights: { pause: 1 },
    leaderShare: 0.6,
    allShare: 0.05,
    minMs: 500,
    maxMs: 10_000,
    spacing: 1,
  }),
  changes: (rng) => ({
    clients: 12,
    workloads: ['readers', 'readers', 'registers'],
    thinkMs: pick(rng, [3, 10]),
    pinnedShare: pick(rng, [0.3, 0.9]),
  }),
};

/** The power goes in the midst of any step of storage, of raft, of a snapshot or a compaction. */
const NAMED_POINTS: Profile = {
  name: 'named points',
  members: [1, 3, 3, 3, 5],
  faults: (rng) => ({
    weights: { namedPoints: 20, moveLeader: 1, grow: 2, shrink: 2, replace: 1 },
    leaderShare: 0.4,
    allShare: 0.15,
    minMs: 50,
    maxMs: pick(rng, [500, 5000]),
    spacing: 0.6,
  }),
  changes: (rng) => ({
    watchers: 4,
    clients: 8,
    // Who asks anybody waits for whoever is cut off, and nothing is missed.
    pinnedShare: 0.95,
    thinkMs: pick(rng, [8, 20]),
    workloads: pick(rng, [['etcd'], ['registers', 'leases'], ['kubernetes', 'readers'], ['lists']]),
    compactEveryMs: pick(rng, [150, 400, 1000]),
    snapshotCount: pick(rng, [10, 20]),
    snapshotCatchupEntries: pick(rng, [0, 5]),
  }),
};

/** The leadership goes round, while leases are near their ends. */
const LEADER_CHANGES: Profile = {
  name: 'leader changes',
  members: [3, 3, 5],
  faults: () => ({
    weights: { moveLeader: 8, kill: 4, restart: 3, pause: 3, isolate: 2 },
    leaderShare: 0.9,
    allShare: 0.05,
    minMs: 50,
    maxMs: 3000,
    spacing: 1,
  }),
  changes: () => ({ workloads: ['leases', 'etcd'], clients: 6 }),
};

/** One, three, five and back, with everything else that can happen to members. */
const MEMBERSHIP: Profile = {
  name: 'membership',
  members: [1, 1, 2, 3, 3, 5],
  faults: () => ({
    weights: { grow: 8, shrink: 6, replace: 4, kill: 2, powerLoss: 2, isolate: 2, pause: 2 },
    leaderShare: 0.4,
    allShare: 0.05,
    minMs: 50,
    maxMs: 4000,
    spacing: 0.7,
  }),
  changes: (rng) => ({ snapshotCount: pick(rng, [20, 50, 1000]) }),
};

/** Users and roles change during traffic, on members that crash and are left behind. */
const ADMINISTRATION: Profile = {
  name: 'administration',
  members: [3, 3, 5],
  faults: (rng) => ({
    weights: { isolate: 6, kill: 4, powerLoss: 4, restart: 2, pause: 2, moveLeader: 2, grow: 1 },
    leaderShare: 0.3,
    allShare: 0.1,
    minMs: 50,
    maxMs: pick(rng, [1500, 7000]),
    spacing: 1.2,
  }),
  changes: (rng) => ({
    clients: 8,
    thinkMs: pick(rng, [10, 30]),
    workloads: pick(rng, [['etcd'], ['registers', 'leases'], ['kubernetes', 'etcd']]),
    administerEveryMs: pick(rng, [60, 250]),
    snapshotCount: pick(rng, [10, 50]),
    snapshotCatchupEntries: pick(rng, [0, 5]),
  }),
};

const PROFILES: readonly (readonly [Profile, number])[] = [
  [EVERYTHING, 4],
  [SWARM, 3],
  [CUT_OFF_LEADERS, 2],
  [SLOW_LINKS, 2],
  [LEFT_BEHIND, 2],
  [QUIET_ENDS, 2],
  [LEADER_CHANGES, 2],
  [MEMBERSHIP, 2],
  [ADMINISTRATION, 2],
  // Only if asked for: what they find is in others, too, and the seeds of former campaigns stay theirs.
  [PAUSES, 0],
  [NAMED_POINTS, 0],
  // Only if asked for: one seed of it takes longer than a hundred of the others.
  [YEARS, 0],
];

/** One for each seed; or the one of that name. */
export function profileOf(rng: Rng, name?: string): Profile {
  if (name !== undefined) {
    const named = PROFILES.find(([profile]) => profile.name === name);
    if (named === undefined) throw new Error(`no profile is called ${name}`);
    return named[0];
  }
  let left = rng.below(PROFILES.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [profile, weight] of PROFILES) {
    left -= weight;
    if (left < 0) return profile;
  }
  return EVERYTHING;
}

function pick<T>(rng: Rng, choices: readonly T[]): T {
  return choices[rng.below(choices.length)] as T;
}

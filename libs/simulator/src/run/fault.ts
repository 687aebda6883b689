import type { Rng } from '@etcd-ts/foundation';

import type { NetworkWeather } from '../network/link.js';
import { planNamedPointFault } from './named-point-fault.js';
import type { NamedPointFault } from './named-point-fault.js';

/** Whom a fault hits: a machine by its number, or whoever leads at that moment. */
export type Victim = number | 'leader' | 'all';

/** What happens to the cluster, when, and for how long. In true time. */
export type Fault =
  | {
      readonly kind: 'kill';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
    }
  | {
      readonly kind: 'powerLoss';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
    }
  | {
      readonly kind: 'pause';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
    }
  /** A stop on purpose. */
  | {
      readonly kind: 'restart';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
    }
  /** Nothing passes between the machines of the group and the others. */
  | {
      readonly kind: 'partition';
      readonly atMs: number;
      readonly forMs: number;
      readonly group: readonly number[];
    }
  | {
      readonly kind: 'isolate';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
    }
  /** What the victim says is not heard (or it hears nothing), but not the other way round. */
  | {
      readonly kind: 'oneWay';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
      readonly mute: boolean;
    }
  | {
      readonly kind: 'storm';
      readonly atMs: number;
      readonly forMs: number;
      readonly weather: NetworkWeather;
    }
  /** What goes to the victim, or comes from it, or both: late, lost, repeated, out of order. */
  | {
      readonly kind: 'slowLinks';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
      readonly direction: 'to' | 'from' | 'both';
      readonly weather: NetworkWeather;
    }
  | {
      readonly kind: 'slowDisk';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
      readonly syncMs: number;
    }
  | {
      readonly kind: 'brokenDisk';
      readonly atMs: number;
      readonly forMs: number;
      readonly victim: Victim;
    }
  | { readonly kind: 'moveLeader'; readonly atMs: number; readonly to: number }
  /** Its machine is lost: removed, and a new one with an empty disk added in its place. */
  | { readonly kind: 'replace'; readonly atMs: number; readonly victim: number }
  /** A new member, as a learner first or a voter at once. */
  | { readonly kind: 'grow'; readonly atMs: number; readonly asLearner: boolean }
  /** One after the other stops on purpose and starts again, after so long each. */
  | { readonly kind: 'upgrade'; readonly atMs: number; readonly forMs: number }
  /** From now on its clock runs at another rate, and somebody sets it. */
  | {
      readonly kind: 'clock';
      readonly atMs: number;
      readonly victim: number;
      /** Of the skew of the plan: -1..1. */
      readonly drift: number;
      readonly wallJumpMs: number;
    }
  | NamedPointFault
  /** A member is removed for good. */
  | { readonly kind: 'shrink'; readonly atMs: number; readonly victim: number };

export type FaultKind = Fault['kind'];

/** What kinds of faults there are in a plan, and how they are. */
export interface FaultMix {
  /** How often in proportion; those not named do not happen. */
  readonly weights: Partial<Record<FaultKind, number>>;
  /** Of those that can hit anybody: how many hit the leader, and how many everybody at once. */
  readonly leaderShare: number;
  readonly allShare: number;
  /** Most are short. */
  readonly minMs: number;
  readonly maxMs: number;
  /** The mean time between two, as a share of what was asked for. */
  readonly spacing: number;
}

/** They take their time, or are asked for. */
type SpecialKind = 'upgrade' | 'clock' | 'namedPoints';

/** Of those that happen to every cluster. */
export const ALL_FAULTS: Readonly<Record<Exclude<FaultKind, SpecialKind>, number>> = {
  kill: 12,
  powerLoss: 16,
  pause: 12,
  restart: 5,
  partition: 12,
  isolate: 10,
  oneWay: 8,
  storm: 6,
  slowLinks: 8,
  slowDisk: 6,
  brokenDisk: 4,
  moveLeader: 4,
  replace: 3,
  grow: 2,
  shrink: 2,
};

/** After the last fault the cluster has this long before the clients stop. */
const MAX_CALM_AT_END_MS = 5000;
const CALM_AT_BEGIN_MS = 2000;
/** Two days: a battery that was empty is rather further off. */
const MAX_WALL_JUMP_MS = 172_800_000;

export function planFaults(
  rng: Rng,
  mix: FaultMix,
  members: number,
  durationMs: number,
  everyMs: number,
): readonly Fault[] {
  const faults: Fault[] = [];
  const untilMs = durationMs - Math.min(MAX_CALM_AT_END_MS, durationMs / 4);
  let atMs = CALM_AT_BEGIN_MS;
  for (;;) {
    atMs += -Math.log(1 - rng.next()) * everyMs * mix.spacing;
    if (atMs > untilMs) return faults;
    faults.push(planFault(rng, mix, members, Math.round(atMs)));
  }
}

function planFault(rng: Rng, mix: FaultMix, members: number, atMs: number): Fault {
  const kind = kindBy(rng, mix.weights);
  const forMs = Math.round(mix.minMs + rng.next() ** 2 * (mix.maxMs - mix.minMs));
  const victim = victimOf(rng, mix, members);
  switch (kind) {
    case 'kill':
    case 'powerLoss':
      return { kind, atMs, forMs, victim: rng.next() < mix.allShare ? 'all' : victim };
    case 'pause':
    case 'restart':
    case 'isolate':
    case 'brokenDisk':
      return { kind, atMs, forMs, victim };
    case 'namedPoints':
      return planNamedPointFault(rng, mix.allShare, { kind, atMs, forMs, victim });
    case 'partition': {
      const group = Array.from({ length: members }, (_, i) => i).filter(() => rng.below(2) === 0);
      return { kind, atMs, forMs, group };
    }
    case 'oneWay':
      return { kind, atMs, forMs, victim, mute: rng.below(2) === 0 };
    case 'storm':
      return { kind, atMs, forMs, weather: stormOf(rng, 20 + rng.next() * 400) };
    case 'slowLinks': {
      const direction = (['to', 'from', 'both'] as const)[rng.below(3)] ?? 'both';
      const maxDelayMs = 20 + rng.next() ** 2 * 1500;
      return { kind, atMs, forMs, victim, direction, weather: stormOf(rng, maxDelayMs) };
    }
    case 'slowDisk':
      return { kind, atMs, forMs, victim, syncMs: 20 + rng.next() ** 2 * 3000 };
    case 'moveLeader':
      return { kind, atMs, to: rng.below(members) };
    case 'upgrade':
      return { kind, atMs, forMs };
    case 'clock':
      return {
        kind,
        atMs,
        victim: rng.below(members),
        drift: 2 * rng.next() - 1,
        wallJumpMs: Math.round((2 * rng.next() - 1) ** 3 * MAX_WALL_JUMP_MS),
      };
    case 'grow':
      return { kind, atMs, asLearner: rng.below(2) === 0 };
    case 'replace':
    case 'shrink':
      return { kind, atMs, victim: rng.below(members) };
  }
}

function victimOf(rng: Rng, { leaderShare }: FaultMix, members: number): Victim {
  return rng.next() < leaderShare ? 'leader' : rng.below(members);
}

function stormOf(rng: Rng, maxDelayMs: number): NetworkWeather {
  return {
    minDelayMs: 0.5,
    maxDelayMs,
    dropped: rng.next() * 0.4,
    duplicated: rng.next() * 0.2,
    reordered: rng.next() * 0.5,
  };
}

function kindBy(rng: Rng, weights: FaultMix['weights']): FaultKind {
  const kinds = Object.entries(weights) as [FaultKind, number][];
  let left = rng.next() * kinds.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of kinds) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'kill';
}

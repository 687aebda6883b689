import type { Rng } from '@etcd-ts/foundation';
import type { NetworkWeather } from '../network/link.js';

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
  | { readonly kind: 'replace'; readonly atMs: number; readonly victim: number };

type FaultKind = Fault['kind'];

const WEIGHTS: readonly (readonly [FaultKind, number])[] = [
  ['kill', 12],
  ['powerLoss', 16],
  ['pause', 12],
  ['restart', 5],
  ['partition', 12],
  ['isolate', 10],
  ['oneWay', 8],
  ['storm', 6],
  ['slowDisk', 6],
  ['brokenDisk', 4],
  ['moveLeader', 4],
  ['replace', 4],
];

/** After the last fault the cluster has this long before the clients stop. */
const MAX_CALM_AT_END_MS = 5000;
const CALM_AT_BEGIN_MS = 2000;

export function planFaults(
  rng: Rng,
  members: number,
  durationMs: number,
  everyMs: number,
): readonly Fault[] {
  const faults: Fault[] = [];
  const untilMs = durationMs - Math.min(MAX_CALM_AT_END_MS, durationMs / 4);
  let atMs = CALM_AT_BEGIN_MS;
  for (;;) {
    atMs += -Math.log(1 - rng.next()) * everyMs;
    if (atMs > untilMs) return faults;
    faults.push(planFault(rng, members, Math.round(atMs)));
  }
}

function planFault(rng: Rng, members: number, atMs: number): Fault {
  const kind = kindBy(rng);
  const forMs = Math.round(50 + rng.next() ** 3 * 12_000);
  const victim = victimOf(rng, members);
  switch (kind) {
    case 'kill':
    case 'powerLoss':
      return { kind, atMs, forMs, victim: rng.below(8) === 0 ? 'all' : victim };
    case 'pause':
    case 'restart':
    case 'isolate':
    case 'brokenDisk':
      return { kind, atMs, forMs, victim };
    case 'partition': {
      const group = Array.from({ length: members }, (_, i) => i).filter(() => rng.below(2) === 0);
      return { kind, atMs, forMs, group };
    }
    case 'oneWay':
      return { kind, atMs, forMs, victim, mute: rng.below(2) === 0 };
    case 'storm':
      return { kind, atMs, forMs, weather: stormOf(rng) };
    case 'slowDisk':
      return { kind, atMs, forMs, victim, syncMs: 20 + rng.next() ** 2 * 3000 };
    case 'moveLeader':
      return { kind, atMs, to: rng.below(members) };
    case 'replace':
      return { kind, atMs, victim: rng.below(members) };
  }
}

function victimOf(rng: Rng, members: number): Victim {
  return rng.below(3) === 0 ? 'leader' : rng.below(members);
}

function stormOf(rng: Rng): NetworkWeather {
  return {
    minDelayMs: 0.5,
    maxDelayMs: 20 + rng.next() * 400,
    dropped: rng.next() * 0.4,
    duplicated: rng.next() * 0.2,
    reordered: rng.next() * 0.5,
  };
}

function kindBy(rng: Rng): FaultKind {
  const total = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
  let left = rng.below(total);
  for (const [kind, weight] of WEIGHTS) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'kill';
}

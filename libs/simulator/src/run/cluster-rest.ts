import type { MemberId } from '@etcd-ts/foundation';

import type { Machine } from '../member/machine.js';
import type { SimulatedNetwork } from '../network/simulated-network.js';
import type { Leaper, Process } from '../time/event-queue.js';
import type { Era } from './era.js';

type Status = ReturnType<NonNullable<Machine['member']>['server']['facts']['raftStatus']>;

export interface ClusterRestParts {
  readonly era: Era;
  /** By number; changes. */
  readonly machines: readonly Machine[];
  readonly network: SimulatedNetwork;
  /** So long nothing happens to the cluster. */
  readonly resting: (untilMs: number) => void;
}

/** Clocks differ by less than this share. */
const MAX_SKEW = 0.05;
/** A heartbeat and its answer take less. */
const MAX_ROUND_TRIP_MS = 50;

/**
 * When a cluster is at rest: all members are well and in touch, one leads and the others follow it, all
 * have the same log, all of it committed and applied, and nobody waits for anything (that shows in
 * what is due: see EventQueue). Then all that happens are heartbeats, and the polls of upkeep that say
 * themselves until when they find nothing.
 */
export class ClusterRest implements Leaper {
  readonly #parts: ClusterRestParts;
  readonly guardMs: number;

  constructor(parts: ClusterRestParts) {
    this.#parts = parts;
    const { heartbeatMs } = parts.era;
    this.guardMs = 2 * heartbeatMs * (1 + MAX_SKEW) + MAX_ROUND_TRIP_MS;
  }

  /** Ticks of a leader's election timeout: it counts them, and starts again. */
  period(pulse: Process): number {
    const { machines, network, era } = this.#parts;
    const leader = machines.find(({ process }) => process === pulse);
    if (leader?.leads !== true) return 0;
    if (!machines.every(({ isFine }) => isFine) || !network.isFine) return 0;
    const status = leader.member?.server.facts.raftStatus();
    if (status === undefined || !leadsAll(status, machines.length)) return 0;
    const follow = machines.every((machine) => machine === leader || follows(machine, status));
    return follow ? Math.floor(era.electionMs / era.heartbeatMs) : 0;
  }

  rests(untilMs: number): boolean {
    this.#parts.resting(untilMs);
    return this.#parts.era.leaps;
  }
}

function leadsAll(
  { id, commit, applied, leadTransferee, progress }: Status,
  members: number,
): boolean {
  if (progress?.size !== members || leadTransferee !== NOBODY || applied !== commit) return false;
  for (const [
    member,
    { match, next, state, recentActive, inflight, pendingSnapshot },
  ] of progress) {
    // Its own match is the end of its log.
    if (match !== commit) return false;
    if (member === id) continue;
    if (next !== match + 1 || state !== 'replicate' || !recentActive) return false;
    if (inflight > 0 || pendingSnapshot > 0) return false;
  }
  return true;
}

const NOBODY = 0n as MemberId;

function follows({ member }: Machine, leader: Status): boolean {
  const status = member?.server.facts.raftStatus();
  return (
    status?.leader === leader.id &&
    status.term === leader.term &&
    status.role === 'follower' &&
    status.commit === leader.commit &&
    status.applied === leader.commit
  );
}

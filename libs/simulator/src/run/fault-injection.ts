import type { FailpointName } from '@etcd-ts/failpoint';
import type { Rng } from '@etcd-ts/foundation';
import { unreachable } from '@etcd-ts/foundation';
import type { Survival } from '@etcd-ts/storage';

import type { Machine } from '../member/machine.js';
import type { Link } from '../network/link.js';
import type { SimulatedNetwork } from '../network/simulated-network.js';
import type { EventQueue } from '../time/event-queue.js';
import type { Fault, Victim } from './fault.js';
import type { NamedPointFault } from './named-point-fault.js';
import type { NamedPoints } from './named-points.js';
import type { Pauses } from './pauses.js';
import type { Reconfiguration } from './reconfiguration.js';

export interface FaultParts {
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly network: SimulatedNetwork;
  /** By number; a machine that was replaced has its successor in its place. */
  readonly machines: readonly Machine[];
  readonly reconfiguration: Reconfiguration;
  readonly pauses: Pauses;
  readonly namedPoints: NamedPoints;
  /** How far clocks run apart, as a share. */
  readonly clockSkew: number;
  /** The cluster has to bear something for so long. */
  readonly began: (forMs: number) => void;
}

type OfTheCluster =
  'partition' | 'storm' | 'moveLeader' | 'replace' | 'grow' | 'shrink' | 'upgrade' | 'clock';

/** From the start of one member to the stop of the next. */
const UPGRADE_PAUSE_MS = 30_000;

const SURVIVALS: readonly Survival[] = [
  'nothing',
  'random sectors',
  'leading sectors',
  'everything',
];

/** Lets the faults of a plan happen, each at its time, and end. */
export class FaultInjection {
  readonly #parts: FaultParts;
  /** Faults that found somebody to hit. */
  injected = 0;
  #isSomebodyAbsent = false;

  constructor(parts: FaultParts) {
    this.#parts = parts;
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      this.#parts.queue.at(fault.atMs, undefined, () => this.#begin(fault));
    }
  }

  /** Everything works again, and everybody is started who is not removed. */
  endAll(): void {
    const { network, machines } = this.#parts;
    network.heal();
    this.#parts.namedPoints.disarmAll();
    for (const machine of machines) {
      machine.healDisk();
      machine.start();
    }
  }

  #begin(fault: Fault): void {
    const { queue, network } = this.#parts;
    this.injected++;
    this.#parts.began(this.#lengthOf(fault));
    const later = (action: () => void): void =>
      void queue.in('forMs' in fault ? fault.forMs : 0, undefined, action);
    switch (fault.kind) {
      case 'partition':
        this.#partition(fault.group, later);
        return;
      case 'storm': {
        const { weather } = network;
        network.weather = fault.weather;
        later(() => (network.weather = weather));
        return;
      }
      case 'moveLeader':
        this.#moveLeader(fault.to);
        return;
      case 'upgrade':
        this.#upgrade(fault.forMs);
        return;
      case 'clock':
        this.#disturbClock(fault);
        return;
      case 'replace':
        this.#parts.reconfiguration.replace(fault.victim);
        return;
      case 'grow':
        this.#parts.reconfiguration.grow(fault.asLearner);
        return;
      case 'shrink':
        this.#parts.reconfiguration.shrink(fault.victim);
        return;
      default:
        for (const machine of this.#victims(fault.victim)) this.#hit(machine, fault, later);
    }
  }

  #hit(
    machine: Machine,
    fault: Exclude<Fault, { kind: OfTheCluster }>,
    later: (action: () => void) => void,
  ): void {
    const { queue } = this.#parts;
    switch (fault.kind) {
      case 'kill':
        machine.kill();
        later(() => machine.start());
        return;
      case 'powerLoss':
        machine.losePower(this.#survival());
        later(() => machine.start());
        return;
      case 'pause': {
        const untilMs = queue.nowMs + fault.forMs;
        if (machine.pause(untilMs)) this.#parts.pauses.began(untilMs);
        return;
      }
      case 'restart':
        machine.stop();
        later(() => machine.start());
        return;
      case 'namedPoints':
        this.#leadToPoints(machine, fault, later);
        return;
      case 'isolate':
        this.#cut(machine, true, true, later);
        return;
      case 'oneWay':
        this.#cut(machine, fault.mute, !fault.mute, later);
        return;
      case 'slowLinks':
        this.#disturb(machine, fault, later);
        return;
      case 'slowDisk':
        machine.slowDisk(fault.syncMs);
        later(() => machine.healDisk());
        return;
      case 'brokenDisk':
        machine.breakDisk();
        later(() => {
          // What a failed fsync has left in the page cache is worth nothing: the machine goes too.
          machine.losePower(this.#survival());
          machine.healDisk();
          machine.start();
        });
        return;
      default:
        unreachable(fault, 'fault');
    }
  }

  #leadToPoints(
    machine: Machine,
    fault: NamedPointFault,
    later: (action: () => void) => void,
  ): void {
    const { leadUp, points } = fault;
    // Without a quorum there would be nothing to miss.
    if (leadUp === 'absence' && !this.#isSomebodyAbsent) {
      this.#isSomebodyAbsent = true;
      this.#cut(machine, true, true, later);
      later(() => (this.#isSomebodyAbsent = false));
    }
    if (leadUp === 'start') machine.kill();
    this.#dieAtPoints(machine, points, fault);
    if (leadUp === 'start') machine.start();
  }

  #dieAtPoints(
    machine: Machine,
    [point, ...others]: readonly FailpointName[],
    fault: NamedPointFault,
  ): void {
    if (point === undefined) return;
    const { namedPoints, queue } = this.#parts;
    namedPoints.arm(machine, point, fault.passes, () => {
      machine.losePower(this.#survival());
      this.#dieAtPoints(machine, others, fault);
      queue.in(fault.downMs, undefined, () => machine.start());
    });
  }

  #lengthOf(fault: Fault): number {
    if (!('forMs' in fault)) return 0;
    const { length } = this.#parts.machines;
    return fault.kind === 'upgrade' ? length * (fault.forMs + UPGRADE_PAUSE_MS) : fault.forMs;
  }

  #upgrade(forMs: number): void {
    const { queue, machines } = this.#parts;
    for (const [i, machine] of machines.entries()) {
      const stopsInMs = i * (forMs + UPGRADE_PAUSE_MS);
      queue.in(stopsInMs, undefined, () => machine.stop());
      queue.in(stopsInMs + forMs, undefined, () => machine.start());
    }
  }

  #disturbClock({ victim, drift, wallJumpMs }: Fault & { kind: 'clock' }): void {
    const { machines, clockSkew } = this.#parts;
    machines[victim]?.disturbClock(1 + clockSkew * drift, wallJumpMs);
  }

  #victims(victim: Victim): readonly Machine[] {
    const { machines } = this.#parts;
    if (victim === 'all') return machines;
    if (victim === 'leader') return machines.filter((machine) => machine.leads).slice(0, 1);
    const machine = machines[victim];
    return machine === undefined ? [] : [machine];
  }

  #survival(): Survival {
    return SURVIVALS[this.#parts.rng.below(SURVIVALS.length)] ?? 'nothing';
  }

  #cut(
    machine: Machine,
    outgoing: boolean,
    incoming: boolean,
    later: (action: () => void) => void,
  ): void {
    const links = this.#linksOf(machine, outgoing, incoming);
    for (const link of links) link.cut();
    later(() => links.forEach((link) => link.heal(this.#parts.queue.nowMs)));
  }

  #disturb(
    machine: Machine,
    { direction, weather }: Fault & { kind: 'slowLinks' },
    later: (action: () => void) => void,
  ): void {
    const links = this.#linksOf(machine, direction !== 'to', direction !== 'from');
    for (const link of links) link.disturb(weather);
    later(() => links.forEach((link) => link.heal(this.#parts.queue.nowMs)));
  }

  #linksOf(machine: Machine, outgoing: boolean, incoming: boolean): readonly Link[] {
    const { network, machines } = this.#parts;
    return machines
      .filter((other) => other !== machine)
      .flatMap((other) => [
        ...(outgoing ? [network.link(machine.url, other.url)] : []),
        ...(incoming ? [network.link(other.url, machine.url)] : []),
      ]);
  }

  #partition(group: readonly number[], later: (action: () => void) => void): void {
    const { network, machines, queue } = this.#parts;
    const inside = machines.filter((_, i) => group.includes(i));
    const outside = machines.filter((_, i) => !group.includes(i));
    const links = inside.flatMap((one) =>
      outside.flatMap((other) => [
        network.link(one.url, other.url),
        network.link(other.url, one.url),
      ]),
    );
    for (const link of links) link.cut();
    later(() => links.forEach((link) => link.heal(queue.nowMs)));
  }

  #moveLeader(to: number): void {
    const { queue, machines } = this.#parts;
    const leader = machines.find((machine) => machine.leads);
    const target = machines[to]?.id;
    const { member, process } = leader ?? {};
    if (member === undefined || process === undefined || target === undefined) return;
    queue.in(0, process, () => {
      // Whether it works is the cluster's business.
      void member.server.cluster.moveLeader(target).catch(() => undefined);
    });
  }
}

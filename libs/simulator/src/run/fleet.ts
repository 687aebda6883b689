import type { Logger, Rng } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';

import type { ClusterWatch } from '../member/cluster-watch.js';
import { Machine } from '../member/machine.js';
import type { SimulatedNetwork } from '../network/simulated-network.js';
import type { EventQueue, Process } from '../time/event-queue.js';
import { overridesOf } from './era.js';
import { nameOf, urlOf } from './member-name.js';
import type { Plan } from './plan.js';

export interface FleetParts {
  readonly plan: Plan;
  readonly queue: EventQueue;
  /** One stream of chance for each purpose. */
  readonly rng: (purpose: number) => Rng;
  readonly network: SimulatedNetwork;
  readonly watch: ClusterWatch;
  readonly logger: Logger;
  readonly metrics: EtcdMetrics;
}

const RNG_PURPOSE = 100;
const MAX_WALL_OFFSET_MS = 60_000;

/** The machines of a plan, and those that are added later. */
export class Fleet {
  /** By number; who replaces one changes it here. */
  readonly machines: Machine[];
  readonly #parts: FleetParts;
  readonly #byProcess = new Map<Process, Machine>();
  /** Processes so far. */
  #started = 0;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    const names = Array.from({ length: parts.plan.members }, (_, number) => nameOf(number));
    const initialCluster = names.map((name) => `${name}=${urlOf(name)}`).join(',');
    this.machines = names.map((name, number) =>
      this.#create(number, { name, initialCluster, state: 'new' }),
    );
  }

  /** Undefined: it is no process of a machine, or has ended. */
  machineOf(process: Process): Machine | undefined {
    return this.#byProcess.get(process);
  }

  /** Of the machine on which it runs; of a process that has ended, its own. */
  nameOf(process: Process): string {
    return this.machineOf(process)?.name ?? process.name;
  }

  /** One that joins. Whoever asks for it puts it into its place. */
  add(name: string, initialCluster: string): Machine {
    return this.#create(this.machines.length, { name, initialCluster, state: 'existing' });
  }

  #create(
    number: number,
    joining: { name: string; initialCluster: string; state: 'new' | 'existing' },
  ): Machine {
    const { plan, queue, network, watch, logger, metrics } = this.#parts;
    const { clockSkew, snapshotCount, snapshotCatchupEntries, segmentBytes } = plan;
    const rng = this.#parts.rng(RNG_PURPOSE + number + this.#started);
    const machine: Machine = new Machine({
      settings: {
        ...joining,
        url: urlOf(joining.name),
        snapshotCount,
        snapshotCatchupEntries,
        segmentBytes,
        overrides: overridesOf(plan.era),
      },
      queue,
      rng,
      network,
      watch,
      skew: {
        rate: 1 + clockSkew * (2 * rng.next() - 1),
        monotonicOffsetMs: rng.next() * 1e6,
        wallOffsetMs: clockSkew === 0 ? 0 : rng.next() * MAX_WALL_OFFSET_MS,
      },
      logger,
      metrics,
      started: (process) => {
        this.#started++;
        this.#byProcess.set(process, machine);
        process.onDeath(() => this.#byProcess.delete(process));
      },
    });
    return machine;
  }
}

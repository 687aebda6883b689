import {
  pause,
  type ClusterMember,
  type EtcdCluster,
  type Method,
  type Outcome,
  type Service,
} from '@etcd-ts/testkit';
import type { Rng } from '@etcd-ts/foundation';

import type { ClusterLoad } from '../../cluster/load/cluster-load.js';

export interface Surroundings {
  readonly cluster: EtcdCluster;
  readonly load: ClusterLoad;
  readonly rng: Rng;
}

/** Something that is done to the cluster beside the requests of clients, over and over. */
export interface Disturbance {
  readonly everyMs: readonly [least: number, most: number];
  /** Failures are part of it: members are down, or have no leader. */
  once(surroundings: Surroundings): Promise<unknown>;
  /** Leaves the cluster as every client expects it, and says what members do not agree on. */
  settle?(surroundings: Surroundings): Promise<string | undefined>;
}

/** Of every request that disturbs. */
export const DEADLINE_MS = 2_000;

export function someone({ cluster, rng }: Surroundings): ClusterMember {
  const member = cluster.awake[rng.below(cluster.awake.length)];
  if (member === undefined) throw new Error('no member is awake');
  return member;
}

export function ask<Request, Response>(
  member: ClusterMember,
  service: Service,
  method: Method<Request, Response>,
  request: Request,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Outcome<Response>> {
  return member.client.unary(service, method, request, { deadlineMs: DEADLINE_MS, metadata });
}

/** Runs a disturbance until stopped. */
export class Disturbing {
  readonly #disturbance: Disturbance;
  readonly #surroundings: Surroundings;
  readonly #running: Promise<void>;
  #stopping = false;

  constructor(disturbance: Disturbance, surroundings: Surroundings) {
    this.#disturbance = disturbance;
    this.#surroundings = surroundings;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** After the load has ended, with every member up. */
  async settle(): Promise<void> {
    const disagreement = await this.#disturbance.settle?.(this.#surroundings);
    if (disagreement !== undefined) throw new Error(disagreement);
  }

  async #run(): Promise<void> {
    const { everyMs, once } = { ...this.#disturbance, once: this.#disturbance.once };
    const [least, most] = everyMs;
    while (!this.#stopping) {
      await pause(least + this.#surroundings.rng.below(Math.max(1, most - least)));
      if (this.#surroundings.cluster.awake.length === 0) continue;
      await once.call(this.#disturbance, this.#surroundings).catch(() => undefined);
    }
  }
}

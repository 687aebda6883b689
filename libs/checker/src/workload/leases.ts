import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { Operation } from '../operation.js';
import { pickWeighted, UniqueValues } from './workload.js';
import type { Workload } from './workload.js';

export interface LeaseOptions {
  readonly prefix?: string;
  readonly ttlSeconds?: number;
  readonly firstLease?: bigint;
}

/** How long a client stays with one lease before it takes a new one, in operations. */
const MEAN_OPERATIONS_PER_LEASE = 12;

/**
 * Each client with a lease of its own: puts keys under it, renews it, revokes it or leaves it to
 * run out, and also tries to renew and use leases that are over.
 */
export class LeaseWorkload implements Workload {
  readonly #prefix: string;
  readonly #ttlSeconds: number;
  readonly #values = new UniqueValues();
  readonly #current = new Map<number, bigint>();
  readonly #past = new Map<number, bigint>();
  #nextLease: bigint;

  constructor({ prefix = 'lease/', ttlSeconds = 2, firstLease = 2_000_000n }: LeaseOptions = {}) {
    this.#prefix = prefix;
    this.#ttlSeconds = ttlSeconds;
    this.#nextLease = firstLease;
  }

  next(client: number, rng: Rng): Operation {
    const lease = this.#current.get(client);
    if (lease === undefined || rng.below(MEAN_OPERATIONS_PER_LEASE) === 0) {
      if (lease !== undefined) this.#leave(client, lease);
      return { kind: 'leaseGrant', lease: this.#nextLease++, ttlSeconds: this.#ttlSeconds };
    }
    const key = `${this.#prefix}${client}/${rng.below(3)}`;
    const past = this.#past.get(client) ?? lease;
    return pickWeighted<Operation>(rng, [
      [{ kind: 'put', key, value: this.#values.next(client), lease }, 35],
      [{ kind: 'leaseKeepAlive', lease }, 35],
      [{ kind: 'range', key: this.#prefix, rangeEnd: `${this.#prefix}~` }, 15],
      [{ kind: 'leaseRevoke', lease }, 5],
      [{ kind: 'leaseKeepAlive', lease: past }, 5],
      [{ kind: 'put', key, value: this.#values.next(client), lease: past }, 5],
    ]);
  }

  learn({ client, operation, outcome }: HistoryEntry): void {
    if (operation.kind === 'leaseGrant') {
      if (outcome.kind === 'ok') this.#current.set(client, operation.lease);
    } else if (operation.kind === 'leaseRevoke' && outcome.kind !== 'failed') {
      this.#leave(client, operation.lease);
    } else if (outcome.kind === 'failed' && outcome.failure === 'leaseNotFound') {
      if ('lease' in operation && operation.lease !== undefined)
        this.#leave(client, operation.lease);
    }
  }

  #leave(client: number, lease: bigint): void {
    if (this.#current.get(client) === lease) this.#current.delete(client);
    this.#past.set(client, lease);
  }
}

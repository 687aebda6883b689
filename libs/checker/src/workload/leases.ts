import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { Operation } from '../operation.js';
import { pick, pickWeighted, UniqueValues } from './workload.js';
import type { Workload } from './workload.js';

export interface LeaseOptions {
  readonly prefix?: string;
  /** Several: one of them for each lease. */
  readonly ttlSeconds?: number | readonly number[];
  /**
   * One of so many clients only renews leases, of all clients, also those that are over: a member
   * that answers renewals and nothing else is asked all the same. Default: none.
   */
  readonly keeperEvery?: number;
  readonly firstLease?: bigint;
}

/** How long a client stays with one lease before it takes a new one, in operations. */
const MEAN_OPERATIONS_PER_LEASE = 12;
/** What keepers know of: the last ones that were granted. */
const MAX_KEPT_LEASES = 12;

/**
 * Each client with a lease of its own: puts keys under it, renews it, revokes it or leaves it to
 * run out, and also tries to renew and use leases that are over.
 */
export class LeaseWorkload implements Workload {
  readonly #prefix: string;
  readonly #ttlSeconds: readonly number[];
  readonly #keeperEvery: number;
  readonly #values = new UniqueValues();
  readonly #current = new Map<number, bigint>();
  readonly #past = new Map<number, bigint>();
  readonly #granted: bigint[] = [];
  #nextLease: bigint;

  constructor(options: LeaseOptions = {}) {
    const { prefix = 'lease/', ttlSeconds = 2, firstLease = 2_000_000n } = options;
    this.#prefix = prefix;
    this.#ttlSeconds = typeof ttlSeconds === 'number' ? [ttlSeconds] : ttlSeconds;
    this.#keeperEvery = options.keeperEvery ?? Infinity;
    this.#nextLease = firstLease;
  }

  next(client: number, rng: Rng): Operation {
    if (client % this.#keeperEvery === this.#keeperEvery - 1) return this.#keep(rng);
    const lease = this.#current.get(client);
    if (lease === undefined || rng.below(MEAN_OPERATIONS_PER_LEASE) === 0) {
      if (lease !== undefined) this.#leave(client, lease);
      const ttlSeconds = pick(rng, this.#ttlSeconds);
      return { kind: 'leaseGrant', lease: this.#nextLease++, ttlSeconds };
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
      if (outcome.kind === 'ok') this.#took(client, operation.lease);
    } else if (operation.kind === 'leaseRevoke' && outcome.kind !== 'failed') {
      this.#leave(client, operation.lease);
    } else if (outcome.kind === 'failed' && outcome.failure === 'leaseNotFound') {
      if ('lease' in operation && operation.lease !== undefined)
        this.#leave(client, operation.lease);
    }
  }

  #keep(rng: Rng): Operation {
    return this.#granted.length === 0
      ? { kind: 'range', key: this.#prefix, rangeEnd: `${this.#prefix}~` }
      : { kind: 'leaseKeepAlive', lease: pick(rng, this.#granted) };
  }

  #took(client: number, lease: bigint): void {
    this.#current.set(client, lease);
    this.#granted.push(lease);
    if (this.#granted.length > MAX_KEPT_LEASES) this.#granted.shift();
  }

  #leave(client: number, lease: bigint): void {
    if (this.#current.get(client) === lease) this.#current.delete(client);
    this.#past.set(client, lease);
  }
}

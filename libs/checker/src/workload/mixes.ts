import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { KvOperation, Operation } from '../operation.js';
import { numberedKeys, pick, pickWeighted, UniqueValues } from './workload.js';
import type { Workload } from './workload.js';

const LIST_LIMIT = 5;
const TXN_PARTS = 4;
const LEASE_TTL_SECONDS = 5;
/** Leases a run keeps in use; the oldest is let go (and expires). */
const MAX_OPEN_LEASES = 20;

export interface MixOptions {
  readonly prefix?: string;
  readonly keys?: number;
  /** The first lease id this workload grants; ids must be unique in a run. */
  readonly firstLease?: bigint;
}

/** Reads, writes, transactions and leases in the proportions of etcd's own robustness traffic. */
export class EtcdMixWorkload implements Workload {
  readonly #prefix: string;
  readonly #keys: readonly string[];
  readonly #values = new UniqueValues();
  readonly #modRevisions = new Map<string, number>();
  readonly #leases: bigint[] = [];
  #nextLease: bigint;

  constructor({ prefix = 'mix/', keys = 10, firstLease = 1_000_000n }: MixOptions = {}) {
    this.#prefix = prefix;
    this.#keys = numberedKeys(prefix, keys);
    this.#nextLease = firstLease;
  }

  next(client: number, rng: Rng, revision: number): Operation {
    const all = { kind: 'range', key: this.#prefix, rangeEnd: `${this.#prefix}~` } as const;
    const key = pick(rng, this.#keys);
    const make = pickWeighted<() => Operation>(rng, [
      [() => ({ kind: 'range', key }), 15],
      [() => ({ ...all, limit: LIST_LIMIT }), 4],
      [() => ({ ...all, keysOnly: true }), 4],
      [() => ({ kind: 'range', key, serializable: true, ...oldRevision(rng, revision) }), 10],
      [() => ({ ...all, serializable: true, ...oldRevision(rng, revision) }), 5],
      [() => ({ kind: 'deleteRange', key, prevKv: rng.below(2) === 0 }), 5],
      [() => this.#transaction(client, rng, revision), 10],
      [() => this.#putWithLease(client, rng, key), 7],
      [() => this.#revoke(rng), 4],
      [() => this.#swap(client, key), 5],
      [() => this.#put(client, key, rng.below(2) === 0), 20],
    ]);
    return make();
  }

  learn({ operation, outcome }: HistoryEntry): void {
    if (outcome.kind !== 'ok') return;
    const { result } = outcome;
    if (operation.kind === 'leaseGrant') {
      this.#leases.push(operation.lease);
      if (this.#leases.length > MAX_OPEN_LEASES) this.#leases.shift();
    }
    if (result.kind !== 'range') return;
    for (const { key, modRevision } of result.kvs) this.#modRevisions.set(key, modRevision);
  }

  #put(client: number, key: string, prevKv: boolean): KvOperation {
    return { kind: 'put', key, value: this.#values.next(client), prevKv };
  }

  /**
   * On distinct keys: etcd refuses to write one key twice in a transaction. Some of what is read is
   * old, perhaps compacted: then nothing of it may happen, on any member (etcd #18667).
   */
  #transaction(client: number, rng: Rng, revision: number): Operation {
    const keys = new Set(Array.from({ length: TXN_PARTS }, () => pick(rng, this.#keys)));
    const success = [...keys].map((key): KvOperation => {
      const kind = rng.below(3);
      if (kind === 0) return { kind: 'range', key, ...oldRevision(rng, revision) };
      return kind === 1 ? { kind: 'deleteRange', key } : this.#put(client, key, false);
    });
    return { kind: 'txn', compares: [], success, failure: [] };
  }

  #swap(client: number, key: string): Operation {
    const value = this.#modRevisions.get(key) ?? 0;
    return {
      kind: 'txn',
      compares: [{ key, result: 'equal', target: { kind: 'mod', value } }],
      success: [this.#put(client, key, false)],
      failure: [{ kind: 'range', key }],
    };
  }

  #putWithLease(client: number, rng: Rng, key: string): Operation {
    if (this.#leases.length < 2 || rng.below(4) === 0) {
      return { kind: 'leaseGrant', lease: this.#nextLease++, ttlSeconds: LEASE_TTL_SECONDS };
    }
    const lease = pick(rng, this.#leases);
    return { kind: 'put', key, value: this.#values.next(client), lease };
  }

  #revoke(rng: Rng): Operation {
    const [lease] = this.#leases.splice(rng.below(Math.max(1, this.#leases.length)), 1);
    return lease === undefined
      ? { kind: 'range', key: pick(rng, this.#keys) }
      : { kind: 'leaseRevoke', lease };
  }
}

/** What an API server of Kubernetes does: lists, and guarded updates of objects it has read. */
export class KubernetesMixWorkload implements Workload {
  readonly #prefix: string;
  readonly #keys: readonly string[];
  readonly #values = new UniqueValues();
  readonly #modRevisions = new Map<string, number>();

  constructor({ prefix = 'registry/pods/', keys = 10 }: MixOptions = {}) {
    this.#prefix = prefix;
    this.#keys = numberedKeys(prefix, keys);
  }

  next(client: number, rng: Rng, revision: number): Operation {
    return rng.below(2) === 0 ? this.#read(rng, revision) : this.#write(client, rng);
  }

  learn({ operation, outcome }: HistoryEntry): void {
    if (outcome.kind !== 'ok') return;
    const { result, revision } = outcome;
    const shown = result.kind === 'txn' ? result.results[0] : result;
    if (shown?.kind === 'range') {
      for (const { key, modRevision } of shown.kvs) this.#modRevisions.set(key, modRevision);
    } else if (operation.kind === 'txn' && result.kind === 'txn' && result.succeeded) {
      for (const part of operation.success) {
        if (part.kind === 'put') this.#modRevisions.set(part.key, revision);
        else if (part.kind === 'deleteRange') this.#modRevisions.delete(part.key);
      }
    }
  }

  #read(rng: Rng, revision: number): Operation {
    const all = { kind: 'range', key: this.#prefix, rangeEnd: `${this.#prefix}~` } as const;
    const key = pick(rng, this.#keys);
    return pickWeighted<Operation>(rng, [
      [all, 80],
      [{ kind: 'range', key, ...oldRevision(rng, revision) }, 8],
      [{ kind: 'range', key }, 5],
      [{ ...all, serializable: true }, 5],
      [{ kind: 'range', key, serializable: true }, 2],
    ]);
  }

  /** Always guarded by the revision the object was last seen at; 0 means that it is not there. */
  #write(client: number, rng: Rng): Operation {
    const known = [...this.#modRevisions.keys()];
    const action = pickWeighted(rng, [
      ['update', 90],
      ['create', 5],
      ['delete', 5],
    ] as const);
    const create = action === 'create' || known.length === 0;
    const key = create ? pick(rng, this.#keys) : pick(rng, known);
    const value = create ? 0 : (this.#modRevisions.get(key) ?? 0);
    const change: KvOperation =
      action === 'delete' && !create
        ? { kind: 'deleteRange', key }
        : { kind: 'put', key, value: this.#values.next(client) };
    return {
      kind: 'txn',
      compares: [{ key, result: 'equal', target: { kind: 'mod', value } }],
      success: [change],
      failure: [{ kind: 'range', key }],
    };
  }
}

/** Sometimes none (the current one), else one of the last ten. */
function oldRevision(rng: Rng, revision: number): { readonly revision?: number } {
  return rng.below(2) === 0 ? {} : { revision: Math.max(1, revision - rng.below(10)) };
}

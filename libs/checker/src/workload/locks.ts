import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { FencedWrite, LockHold } from '../lock-check.js';
import type { Operation } from '../operation.js';
import { UniqueValues } from './workload.js';
import type { Workload } from './workload.js';

export interface LockOptions {
  readonly key?: string;
  readonly ttlSeconds?: number;
  readonly firstLease?: bigint;
  /** Whether writes show their token to the store. Without, writes must get lost under pauses. */
  readonly fenced: boolean;
}

interface Holder {
  readonly lease: bigint;
  /** 0: does not hold the lock. */
  readonly token: number;
  readonly hold: { -readonly [Field in keyof LockHold]: LockHold[Field] } | undefined;
}

/** A holder writes so often before it lets go. */
const MEAN_WRITES_PER_HOLD = 4;

/**
 * One lock on leases, as etcd's clients build it: the key is created under the holder's lease, and
 * the revision of its creation is the fencing token. What it protects is a key beside it that
 * remembers the highest token; a fenced write is a transaction that also demands that the lock is
 * still this holder's.
 */
export class LockWorkload implements Workload {
  readonly lockKey: string;
  readonly protectedKey: string;
  readonly #options: LockOptions;
  readonly #values = new UniqueValues();
  readonly #holders = new Map<number, Holder>();
  readonly #holds: LockHold[] = [];
  readonly #writes: FencedWrite[] = [];
  #nextLease: bigint;

  constructor(options: LockOptions) {
    this.#options = options;
    this.#nextLease = options.firstLease ?? 3_000_000n;
    this.lockKey = options.key ?? 'lock';
    this.protectedKey = `${this.lockKey}/protected`;
  }

  /** For `checkFencing` and `checkMutualExclusion`. */
  get holds(): readonly LockHold[] {
    return this.#holds;
  }

  /** Accepted writes. */
  get writes(): readonly FencedWrite[] {
    return this.#writes;
  }

  next(client: number, rng: Rng): Operation {
    const holder = this.#holders.get(client);
    if (holder === undefined) {
      const ttlSeconds = this.#options.ttlSeconds ?? 2;
      return { kind: 'leaseGrant', lease: this.#nextLease++, ttlSeconds };
    }
    if (rng.below(6) === 0) return { kind: 'leaseKeepAlive', lease: holder.lease };
    if (holder.token === 0) return this.#acquire(client, holder.lease);
    return rng.below(MEAN_WRITES_PER_HOLD) === 0
      ? this.#release(holder)
      : this.#write(client, holder);
  }

  learn(entry: HistoryEntry): void {
    const { client, operation, outcome } = entry;
    const holder = this.#holders.get(client);
    if (operation.kind === 'leaseGrant') {
      if (outcome.kind !== 'ok') return;
      this.#holders.set(client, { lease: operation.lease, token: 0, hold: undefined });
    } else if (outcome.kind === 'failed' && outcome.failure === 'leaseNotFound') {
      // Holds that a client loses without noticing go on in its belief: that is the point.
      this.#letGo(client, entry.returnedAt);
    } else if (operation.kind === 'txn' && holder !== undefined) {
      this.#learnTxn(entry, holder);
    } else if (operation.kind === 'put' && holder !== undefined && outcome.kind === 'ok') {
      this.#writes.push({ token: holder.token, revision: outcome.revision });
    }
  }

  #acquire(client: number, lease: bigint): Operation {
    const key = this.lockKey;
    return {
      kind: 'txn',
      compares: [{ key, result: 'equal', target: { kind: 'create', value: 0 } }],
      success: [{ kind: 'put', key, value: this.#values.next(client), lease }],
      failure: [],
    };
  }

  #write(client: number, { token }: Holder): Operation {
    const value = `${token} ${this.#values.next(client)}`;
    const put = { kind: 'put', key: this.protectedKey, value } as const;
    if (!this.#options.fenced) return put;
    return { kind: 'txn', compares: [this.#owns(token)], success: [put], failure: [] };
  }

  /** Only its own lock: another's may have taken its place meanwhile. The hold ends as it is asked. */
  #release({ token }: Holder): Operation {
    return {
      kind: 'txn',
      compares: [this.#owns(token)],
      success: [{ kind: 'deleteRange', key: this.lockKey }],
      failure: [],
    };
  }

  #owns(value: number) {
    return { key: this.lockKey, result: 'equal', target: { kind: 'create', value } } as const;
  }

  #learnTxn(
    { client, operation, outcome, invokedAt, returnedAt }: HistoryEntry,
    holder: Holder,
  ): void {
    if (operation.kind !== 'txn') return;
    const [part] = operation.success;
    if (part?.kind === 'deleteRange') return this.#letGo(client, invokedAt);
    // Who does not know whether it holds the lock starts over; its lease will run out.
    if (outcome.kind === 'unknown') return this.#letGo(client, invokedAt);
    if (outcome.kind !== 'ok' || outcome.result.kind !== 'txn') return;
    const { succeeded } = outcome.result;
    const token = outcome.revision;
    if (part?.kind !== 'put') return;
    if (part.key === this.protectedKey) {
      if (succeeded) this.#writes.push({ token: holder.token, revision: token });
      else this.#letGo(client, invokedAt);
    } else if (succeeded) {
      const hold = { client, token, askedAt: invokedAt, heldFrom: returnedAt, heldTo: Infinity };
      this.#holds.push(hold);
      this.#holders.set(client, { lease: holder.lease, token, hold });
    }
  }

  #letGo(client: number, at: number): void {
    const holder = this.#holders.get(client);
    if (holder?.hold !== undefined) holder.hold.heldTo = at;
    this.#holders.delete(client);
  }
}

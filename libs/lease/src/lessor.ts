import { assert, IndexedHeap, must, NO_LEASE } from '@etcd-ts/foundation';
import type { BinaryString, LeaseId } from '@etcd-ts/foundation';
import { CheckpointPlan } from './checkpoint-plan.js';
import type { LeaseRecords } from './lease-records.js';
import { Lease, NEVER } from './lease.js';

/** Seconds; beyond it a grant is refused (etcd's limit, about 285 years). */
export const MAX_LEASE_TTL_SECONDS = 9_000_000_000;
/** A revocation that was proposed may be lost with its leader or its queue: propose it again. */
export const EXPIRED_LEASE_RETRY_MS = 3000;

export interface LessorOptions {
  /** ceil(3/2 * election timeout) in seconds; shorter and negative TTLs are raised to it. */
  readonly minTtlSeconds: number;
  readonly store: LeaseRecords;
  /** How often a long lease's remaining TTL is replicated; absent: never. */
  readonly checkpointIntervalMs?: number;
}

export type GrantOutcome =
  { readonly kind: 'ok'; readonly ttl: number } | { readonly kind: 'exists' | 'ttlTooLarge' };

export type RevokeOutcome =
  | {
      readonly kind: 'ok';
      /** In byte order; detached already. */
      readonly keys: BinaryString[];
    }
  | { readonly kind: 'notFound' };

export type RenewOutcome =
  | {
      readonly kind: 'ok';
      readonly ttl: number;
      /**
       * A checkpoint is on record, or may still come to be, that a new leader would go by: one of 0
       * seconds must be applied before anybody is told that the lease lives for so long.
       */
      readonly clearCheckpoint: boolean;
    }
  | {
      /** `expiring`: its time is over, and whether its revocation is committed is yet to be seen. */
      readonly kind: 'notFound' | 'notPrimary' | 'expiring';
    };

export interface LeaseCheckpoint {
  readonly id: LeaseId;
  readonly remainingSeconds: number;
}

export interface LeaseTimes {
  readonly grantedTtl: number;
  /** Not below 0; Infinity on a member that is not primary and cannot know. */
  readonly remainingMs: number;
  /** In byte order. */
  readonly keys: BinaryString[];
}

/**
 * The leases of one member. grant, revoke, checkpoint, attach and detach are replicated: they come
 * from applied entries and have the same effect everywhere, whatever the local time. Expiry is not:
 * only the primary (the leader's lessor) has expiry times, and an expired lease lives on until the
 * revocation it proposes comes back as an entry.
 *
 * `nowMs` is monotonic. Nothing here expires by itself: the owner asks.
 */
export class Lessor {
  readonly #minTtlSeconds: number;
  readonly #store: LeaseRecords;
  #leases = new Map<LeaseId, Lease>();
  #leaseByKey = new Map<BinaryString, Lease>();
  readonly #expiries = new IndexedHeap<Lease>((a, b) => a.dueMs < b.dueMs);
  readonly #checkpoints: CheckpointPlan;
  /** Of leases that are expiring: whoever wants to know what becomes of them. */
  readonly #awaited = new Map<LeaseId, Set<() => void>>();
  #primary = false;

  constructor(options: LessorOptions) {
    this.#minTtlSeconds = options.minTtlSeconds;
    this.#store = options.store;
    this.#checkpoints = new CheckpointPlan(options.checkpointIntervalMs ?? Infinity);
  }

  get size(): number {
    return this.#leases.size;
  }

  get isPrimary(): boolean {
    return this.#primary;
  }

  /**
   * Replaces all state by the records', demoted and without keys: after it the key-value store
   * attaches what it finds.
   */
  restore(): void {
    this.demote();
    this.#leases.clear();
    this.#leaseByKey.clear();
    for (const { id, ttlSeconds, remainingSeconds } of this.#store.all()) {
      const ttl = Math.max(ttlSeconds, this.#minTtlSeconds);
      this.#leases.set(id, new Lease(id, ttl, remainingSeconds));
    }
  }

  /**
   * Replaces all state, keys included, by that of `restored`, whose records are now this lessor's: a
   * leader's snapshot. Both are demoted; `restored` is spent.
   */
  adopt(restored: Lessor): void {
    restored.demote();
    this.demote();
    this.#leases = restored.#leases;
    this.#leaseByKey = restored.#leaseByKey;
  }

  grant(id: LeaseId, ttlSeconds: number, nowMs: number): GrantOutcome {
    assert(id !== NO_LEASE, 'a lease id of 0 must be replaced before the grant is proposed');
    if (ttlSeconds > MAX_LEASE_TTL_SECONDS) return { kind: 'ttlTooLarge' };
    if (this.#leases.has(id)) return { kind: 'exists' };
    const lease = new Lease(id, Math.max(ttlSeconds, this.#minTtlSeconds), 0);
    this.#leases.set(id, lease);
    this.#store.save(id, lease.ttlSeconds, 0);
    if (this.#primary) this.#start(lease, lease.ttlSeconds * 1000, nowMs);
    return { kind: 'ok', ttl: lease.ttlSeconds };
  }

  revoke(id: LeaseId): RevokeOutcome {
    const lease = this.#leases.get(id);
    if (lease === undefined) return { kind: 'notFound' };
    const keys = lease.sortedKeys();
    for (const key of keys) this.#leaseByKey.delete(key);
    this.#leases.delete(id);
    this.#checkpoints.forget(lease);
    if (lease.heapIndex >= 0) this.#expiries.remove(lease);
    this.#store.remove(id);
    this.#settle(id);
    return { kind: 'ok', keys };
  }

  /**
   * A lease whose time is over is not renewed any more, and not yet gone: the revocation that is
   * proposed may be lost with this leader, and its successor keeps the lease (etcd waits, too).
   */
  renew(id: LeaseId, nowMs: number): RenewOutcome {
    if (!this.#primary) return { kind: 'notPrimary' };
    const lease = this.#leases.get(id);
    // Renewing an expired lease would be answered "alive" and then undone by the revocation that
    // is proposed already: the client would lose its keys while it believes it holds them.
    if (lease === undefined) return { kind: 'notFound' };
    if (lease.expiryMs <= nowMs) return { kind: 'expiring' };
    this.#start(lease, lease.ttlSeconds * 1000, nowMs);
    // What was handed out before may be in the log behind this renewal's read index, and the entry
    // that an earlier renewal had clear it may be lost: each asks for one until one is applied.
    const clearCheckpoint = lease.remainingSeconds > 0 || lease.isCheckpointing;
    return { kind: 'ok', ttl: lease.ttlSeconds, clearCheckpoint };
  }

  /**
   * Calls `settled` once when the lease is revoked or this member is no longer primary: then `renew`
   * can say what became of a lease that was expiring. Returns how to wait no longer.
   */
  awaitEnd(id: LeaseId, settled: () => void): () => void {
    const waiting = this.#awaited.get(id) ?? new Set();
    this.#awaited.set(id, waiting.add(settled));
    return () => {
      waiting.delete(settled);
      if (waiting.size === 0 && this.#awaited.get(id) === waiting) this.#awaited.delete(id);
    };
  }

  timeToLive(id: LeaseId, nowMs: number): LeaseTimes | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined) return undefined;
    return {
      grantedTtl: lease.ttlSeconds,
      remainingMs: Math.max(0, lease.expiryMs - nowMs),
      keys: lease.sortedKeys(),
    };
  }

  /** The keys attached to it, in no order; none of a lease that does not exist. */
  keysOf(id: LeaseId): Iterable<BinaryString> {
    return this.#leases.get(id)?.keys() ?? [];
  }

  /** Soonest to expire first; equal ones (all of them, unless primary) by id. */
  list(): LeaseId[] {
    return [...this.#leases.values()]
      .sort((a, b) => {
        if (a.expiryMs !== b.expiryMs) return a.expiryMs - b.expiryMs;
        return a.id < b.id ? -1 : 1;
      })
      .map((lease) => lease.id);
  }

  /**
   * Leases to revoke now, soonest expired first; none unless primary. One that is handed out comes
   * again only if it still exists after EXPIRED_LEASE_RETRY_MS.
   */
  expired(nowMs: number, max: number): LeaseId[] {
    const ids: LeaseId[] = [];
    for (
      let lease = this.#expiries.peek();
      lease !== undefined && lease.dueMs <= nowMs && ids.length < max;
      lease = this.#expiries.peek()
    ) {
      ids.push(lease.id);
      lease.dueMs = nowMs + EXPIRED_LEASE_RETRY_MS;
      this.#expiries.moved(lease);
    }
    return ids;
  }

  /**
   * This member has become leader. Nobody knows when the former leader last renewed what, so every
   * lease gets its whole TTL (or what its checkpoint says) and `extendMs`, the time in which its
   * client may have had nobody to renew it with: never too early, perhaps too late.
   */
  promote(nowMs: number, extendMs: number): void {
    this.#primary = true;
    for (const lease of this.#leases.values()) {
      const seconds = lease.remainingSeconds > 0 ? lease.remainingSeconds : lease.ttlSeconds;
      this.#start(lease, seconds * 1000 + extendMs, nowMs);
    }
  }

  /** Before this moment `expired` has nothing to hand out, unless a lease changes. */
  get nextExpiryMs(): number {
    return this.#expiries.peek()?.dueMs ?? NEVER;
  }

  /** Before this moment `checkpointsDue` has nothing to propose, unless a lease changes. */
  get nextCheckpointMs(): number {
    return this.#checkpoints.nextMs;
  }

  demote(): void {
    this.#primary = false;
    this.#expiries.clear();
    this.#checkpoints.clear();
    for (const lease of this.#leases.values()) {
      lease.expiryMs = NEVER;
      lease.dueMs = NEVER;
    }
    for (const id of [...this.#awaited.keys()]) this.#settle(id);
  }

  /** What the leader should propose now, each once per interval; none unless primary. */
  checkpointsDue(nowMs: number, max: number): LeaseCheckpoint[] {
    const due: LeaseCheckpoint[] = [];
    while (due.length < max) {
      const lease = this.#checkpoints.takeDue(nowMs);
      if (lease === undefined) break;
      const remainingSeconds = Math.ceil((lease.expiryMs - nowMs) / 1000);
      // A promoted lease's extension counts as not yet used: there is nothing to record.
      if (remainingSeconds > 0 && remainingSeconds < lease.ttlSeconds) {
        lease.isCheckpointing = true;
        due.push({ id: lease.id, remainingSeconds });
      }
    }
    return due;
  }

  /**
   * Applies a replicated checkpoint; the running expiry of the primary does not change. No lease
   * lives longer than the longest that can be granted, whatever the entry says.
   */
  checkpoint(id: LeaseId, remainingSeconds: number): 'ok' | 'notFound' {
    const lease = this.#leases.get(id);
    if (lease === undefined) return 'notFound';
    lease.remainingSeconds = Math.min(remainingSeconds, MAX_LEASE_TTL_SECONDS);
    if (remainingSeconds === 0) lease.isCheckpointing = false;
    this.#store.save(id, lease.ttlSeconds, lease.remainingSeconds);
    return 'ok';
  }

  exists(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  /** The lease must exist. A key has one lease: it leaves the one it had. */
  attach(id: LeaseId, key: BinaryString): void {
    const lease = must(this.#leases.get(id), () => `key attached to unknown lease ${id}`);
    const former = this.#leaseByKey.get(key);
    if (former === lease) return;
    former?.removeKey(key);
    lease.addKey(key);
    this.#leaseByKey.set(key, lease);
  }

  /** Nothing happens if the key is not, or no longer, this lease's. */
  detach(id: LeaseId, key: BinaryString): void {
    const lease = this.#leaseByKey.get(key);
    if (lease === undefined || lease.id !== id) return;
    lease.removeKey(key);
    this.#leaseByKey.delete(key);
  }

  /** NO_LEASE when the key has none. */
  leaseOf(key: BinaryString): LeaseId {
    return this.#leaseByKey.get(key)?.id ?? NO_LEASE;
  }

  #settle(id: LeaseId): void {
    const waiting = this.#awaited.get(id);
    if (waiting === undefined) return;
    this.#awaited.delete(id);
    for (const settled of waiting) settled();
  }

  #start(lease: Lease, durationMs: number, nowMs: number): void {
    lease.expiryMs = nowMs + durationMs;
    lease.dueMs = lease.expiryMs;
    if (lease.heapIndex >= 0) this.#expiries.moved(lease);
    else this.#expiries.push(lease);
    this.#checkpoints.schedule(lease, nowMs);
  }
}

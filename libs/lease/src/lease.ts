import type { BinaryString, HeapEntry, LeaseId } from '@etcd-ts/foundation';

/** "Not on this member": only the primary lets leases expire. */
export const NEVER = Infinity;

/**
 * One lease. Most hold no key or one, and there may be 100,000 of them, so the set is made for the
 * second key only.
 */
export class Lease implements HeapEntry {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** As of the last applied checkpoint; 0: none. */
  remainingSeconds: number;
  /** A checkpoint of it was handed out, and none that clears it was applied since. */
  isCheckpointing = false;
  expiryMs = NEVER;
  /** When the heap brings it up: at expiry, and after it was handed out at the next retry. */
  dueMs = NEVER;
  heapIndex = -1;
  #keys: BinaryString | Set<BinaryString> | undefined;

  constructor(id: LeaseId, ttlSeconds: number, remainingSeconds: number) {
    this.id = id;
    this.ttlSeconds = ttlSeconds;
    this.remainingSeconds = remainingSeconds;
  }

  addKey(key: BinaryString): void {
    if (this.#keys === undefined) this.#keys = key;
    else if (typeof this.#keys !== 'string') this.#keys.add(key);
    else if (this.#keys !== key) this.#keys = new Set([this.#keys, key]);
  }

  removeKey(key: BinaryString): void {
    if (this.#keys === key) this.#keys = undefined;
    else if (this.#keys instanceof Set) this.#keys.delete(key);
  }

  /** In no order. */
  keys(): Iterable<BinaryString> {
    if (this.#keys === undefined) return [];
    return typeof this.#keys === 'string' ? [this.#keys] : this.#keys;
  }

  /** In byte order, as revoking must delete them: the order decides their sub revisions. */
  sortedKeys(): BinaryString[] {
    if (this.#keys === undefined) return [];
    return typeof this.#keys === 'string' ? [this.#keys] : [...this.#keys].sort();
  }
}

import { assert, NO_LEASE } from '@etcd-ts/foundation';
import type { BinaryString, LeaseId } from '@etcd-ts/foundation';
import type { LeaseAttachments } from '../lease-attachments.js';

/** Leases without time: they exist from `grant` to `revoke`. Strict about what the store may do. */
export class LeaseTable implements LeaseAttachments {
  readonly #granted = new Set<LeaseId>();
  readonly #attached = new Map<BinaryString, LeaseId>();

  grant(lease: LeaseId): void {
    this.#granted.add(lease);
  }

  /** The keys that must die with it. */
  revoke(lease: LeaseId): BinaryString[] {
    this.#granted.delete(lease);
    return this.keysOf(lease);
  }

  keysOf(lease: LeaseId): BinaryString[] {
    return [...this.#attached].filter(([, id]) => id === lease).map(([key]) => key);
  }

  /** The leases alone, as a lessor has them before the store is restored. */
  withoutKeys(): LeaseTable {
    const copy = new LeaseTable();
    for (const lease of this.#granted) copy.grant(lease);
    return copy;
  }

  attachments(): [BinaryString, LeaseId][] {
    return [...this.#attached].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  exists(lease: LeaseId): boolean {
    return this.#granted.has(lease);
  }

  attach(lease: LeaseId, key: BinaryString): void {
    assert(this.#granted.has(lease), 'attached to a lease that does not exist');
    assert(!this.#attached.has(key), 'attached while still attached');
    this.#attached.set(key, lease);
  }

  detach(lease: LeaseId, key: BinaryString): void {
    assert(this.#attached.get(key) === lease, 'detached from a lease it is not attached to');
    this.#attached.delete(key);
  }

  leaseOf(key: BinaryString): LeaseId {
    return this.#attached.get(key) ?? NO_LEASE;
  }
}

import { NO_LEASE } from '@etcd-ts/foundation';
import type { BinaryString, LeaseId } from '@etcd-ts/foundation';
import type { LeaseAttachments } from './lease-attachments.js';

/** After a put: the key belongs to `lease` and no other. `existed`: it may have had one. */
export function attachLease(
  leases: LeaseAttachments,
  name: BinaryString,
  existed: boolean,
  lease: LeaseId,
): void {
  const old = existed ? leases.leaseOf(name) : NO_LEASE;
  if (old === lease) return;
  if (old !== NO_LEASE) leases.detach(old, name);
  if (lease !== NO_LEASE) leases.attach(lease, name);
}

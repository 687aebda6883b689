import type { BinaryString, LeaseId } from '@etcd-ts/foundation';

/** The lessor as the store sees it: which keys die with which lease. A key has at most one lease. */
export interface LeaseAttachments {
  exists(lease: LeaseId): boolean;
  attach(lease: LeaseId, key: BinaryString): void;
  detach(lease: LeaseId, key: BinaryString): void;
  /** NO_LEASE when the key is attached to none. */
  leaseOf(key: BinaryString): LeaseId;
}

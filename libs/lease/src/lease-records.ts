import type { LeaseId } from '@etcd-ts/foundation';

/** What survives a restart of one lease; its keys are found in the key-value store. */
export interface LeaseRecord {
  readonly id: LeaseId;
  readonly ttlSeconds: number;
  /** As of the last checkpoint; 0: never checkpointed, the whole TTL. */
  readonly remainingSeconds: number;
}

/** The backend's `lease` bucket. Each call becomes durable together with the entry being applied. */
export interface LeaseRecords {
  save(id: LeaseId, ttlSeconds: number, remainingSeconds: number): void;
  remove(id: LeaseId): void;
  all(): Iterable<LeaseRecord>;
}

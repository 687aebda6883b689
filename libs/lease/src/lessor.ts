import type { BinaryString, LeaseId } from '@etcd-ts/foundation';
import type { LeaseRecords } from './lease-records.js';

export interface LessorOptions {
  /** ceil(3/2 * election timeout) seconds; shorter TTLs are raised to it. */
  readonly minTtlSeconds: number;
  readonly store: LeaseRecords;
}
export type GrantOutcome =
  { readonly kind: 'ok'; readonly ttl: number } | { readonly kind: 'exists' | 'ttlTooLarge' };
export type RevokeOutcome =
  { readonly kind: 'ok'; readonly keys: BinaryString[] } | { readonly kind: 'notFound' };
export type RenewOutcome =
  { readonly kind: 'ok'; readonly ttl: number } | { readonly kind: 'notFound' | 'notPrimary' };
export interface LeaseCheckpoint {
  readonly id: LeaseId;
  readonly remainingSeconds: number;
}
export interface LeaseTimes {
  readonly grantedTtl: number;
  readonly remainingMs: number;
  readonly keys: BinaryString[];
}

export declare class Lessor {
  constructor(options: LessorOptions);
  readonly size: number;
  readonly isPrimary: boolean;
  /** Reads all records; before anything else. Keys are attached afterwards, by the key-value store. */
  restore(nowMs: number): void;
  grant(id: LeaseId, ttlSeconds: number, nowMs: number): GrantOutcome;
  revoke(id: LeaseId): RevokeOutcome;
  renew(id: LeaseId, nowMs: number): RenewOutcome;
  timeToLive(id: LeaseId, nowMs: number): LeaseTimes | undefined;
  list(): LeaseId[];
  expired(nowMs: number, max: number): LeaseId[];
  promote(nowMs: number, extendMs: number): void;
  demote(): void;
  /** What the leader should propose now; empty unless primary. */
  checkpointsDue(nowMs: number, max: number): LeaseCheckpoint[];
  /** Applies a replicated checkpoint. */
  checkpoint(id: LeaseId, remainingSeconds: number): 'ok' | 'notFound';
  exists(id: LeaseId): boolean;
  attach(id: LeaseId, key: BinaryString): void;
  detach(id: LeaseId, key: BinaryString): void;
  leaseOf(key: BinaryString): LeaseId;
}

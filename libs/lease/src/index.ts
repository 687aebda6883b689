export type { LeaseRecord, LeaseRecords } from './lease-records.js';
export { EXPIRED_LEASE_RETRY_MS, Lessor, MAX_LEASE_TTL_SECONDS } from './lessor.js';
export type {
  GrantOutcome,
  LeaseCheckpoint,
  LeaseTimes,
  LessorOptions,
  RenewOutcome,
  RevokeOutcome,
} from './lessor.js';

export type { LeaseRecord, LeaseRecords } from './lease-records.js';
export { Lessor } from './lessor.js';
export type {
  GrantOutcome,
  LeaseCheckpoint,
  LeaseTimes,
  LessorOptions,
  RenewOutcome,
  RevokeOutcome,
} from './lessor.js';

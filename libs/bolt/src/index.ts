export { BoltError } from './bolt-error.js';
export type { BoltErrorCode } from './bolt-error.js';
export { BoltReader } from './reader/bolt-reader.js';
export type { ReadBytes } from './reader/page-file.js';
export { planBolt } from './writer/bolt-plan.js';
export type { BoltBucketSource, BoltPlan, BoltWriteOptions } from './writer/bolt-plan.js';

export { assert, AssertionError, must, unreachable } from './assert.js';
export {
  ClusterId,
  hexId,
  LeaseId,
  MemberId,
  NO_LEASE,
  NO_MEMBER,
  RaftIndex,
  Revision,
  Term,
} from './brands.js';
export {
  asBuffer,
  compareBytes,
  EMPTY_BYTES,
  equalBytes,
  fromBinaryString,
  prefixEnd,
  toBinaryString,
  writeBytes,
} from './bytes.js';
export type { BinaryString } from './bytes.js';
export { CURRENT_REVISION_META, ETCD_BUCKETS, KEY_BUCKET, META_BUCKET } from './bucket-names.js';
export { crc32c } from './crc32c.js';
export { formatGoDuration, millisecondsOf, parseGoDuration } from './go-duration.js';
export { IndexedHeap } from './indexed-heap.js';
export type { HeapEntry } from './indexed-heap.js';
export {
  GRPC_OVERHEAD_BYTES,
  MAX_WATCH_CATCH_UP_REVISIONS,
  WATCH_STREAM_QUEUE_RESPONSES,
} from './limits.js';
export { SILENT_LOGGER } from './logger.js';
export { LONGEST_TIMER_MS, withLongDelays, withLongTimers } from './long-timers.js';
export type { LogFields, Logger, LogValue } from './logger.js';
export { SeededRng } from './rng.js';
export type { Rng } from './rng.js';
export {
  decodeRevisionKey,
  encodeRevisionKey,
  revisionKeyBytes,
  writeRevisionKey,
} from './revision-key.js';
export type { RevisionKey } from './revision-key.js';
export { varintSize, varintSize64, writeVarint, writeVarint64 } from './varint.js';
export type { CancelTimer, Clock, Rhythm, Scheduler } from './time.js';

export type { MvccBackend, RevisionId, RevisionRow } from './backend.js';
export type { CompactOutcome } from './compaction.js';
export type { EncodedPut } from './encoded-put.js';
export type { HashOutcome } from './hash-kv.js';
export type { KeyValue } from './key-value.js';
export type { LeaseAttachments } from './lease-attachments.js';
export type {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeOutcome,
  DeleteRangeRequest,
  DeleteRangeResult,
  Failed,
  NestedTxnResult,
  Operation,
  OperationResult,
  PutOutcome,
  PutRequest,
  PutResult,
  TxnOutcome,
  TxnRequest,
  WriteFailure,
} from './operation.js';
export type {
  EncodedRange,
  RangeChunk,
  RangeChunkRequest,
  RangeChunkOutcome,
  RangeOutcome,
  RangeRequest,
  RangeResult,
  RevisionUnavailable,
  SortOrder,
  SortTarget,
} from './range-request.js';
export type { RestoreProgress } from './restore.js';
export { MvccStore } from './store.js';
export type { EventsOutcome, RevisionCommit, WatchEvent } from './watch-event.js';
export { WatchHub } from './watch/hub.js';
export type { WatchCounts, WatchHistory, WatchHubOptions } from './watch/hub.js';
export type { WatcherOptions, WatchSink } from './watch/sink.js';
export type { Watcher } from './watch/watcher.js';

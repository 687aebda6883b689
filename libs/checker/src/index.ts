export type { Budget } from './budget.js';
export { ClusterObserver } from './cluster-observer.js';
export type { ClusterEvent, ClusterObserverOptions, LogView } from './cluster-observer.js';
export {
  deleteResult,
  keyValueOf,
  putResult,
  rangeResult,
  revisionOf,
  txnResult,
} from './codec/answers.js';
export { deleteRequest, putRequest, rangeRequest, txnRequest } from './codec/requests.js';
export { decodeLines, encodeLines } from './history-codec.js';
export { HistoryRecorder } from './history.js';
export type { Call, HistoryEntry, Outcome } from './history.js';
export { checkKeys, REGISTER_MODEL } from './key-model.js';
export type { RegisterInput, RegisterOutput, RegisterValue } from './key-model.js';
export { checkLeases } from './lease-check.js';
export type { LeaseCheckOptions } from './lease-check.js';
export { checkLinearizable } from './linearizability.js';
export type { Interval, Linearizability, Model } from './linearizability.js';
export { checkFencing, checkMutualExclusion, checkSet } from './lock-check.js';
export type { FencedWrite, LockHold, SetAdd } from './lock-check.js';
export { isOfTheNewest } from './operation.js';
export type {
  Compare,
  DeleteRange,
  Failure,
  KeyRange,
  KeyValue,
  KvOperation,
  KvResult,
  Operation,
  OperationResult,
  Put,
  Range,
  Txn,
} from './operation.js';
export type { EventLog } from './order/evidence.js';
export { checkRevisions } from './revision-check.js';
export type { RevisionCheckOptions, RevisionVerdict } from './revision-check.js';
export { FRESH_STORE, Timeline } from './timeline.js';
export type { Baseline, Change, RevisionChanges } from './timeline.js';
export { explain } from './verdict.js';
export type { Verdict, Violation } from './verdict.js';
export { checkWatches } from './watch-check.js';
export type { WatchCheckOptions } from './watch-check.js';
export { eventLogOf } from './watch-record.js';
export type { WatchedEvent, WatchRecord, WatchResponse } from './watch-record.js';
export { nextCompaction, nextWatch } from './workload/disturbances.js';
export type { WatchRequest } from './workload/disturbances.js';
export { LeaseWorkload } from './workload/leases.js';
export type { LeaseOptions } from './workload/leases.js';
export { elementsOf, ListAppendWorkload, SetWorkload } from './workload/lists.js';
export { LockWorkload } from './workload/locks.js';
export type { LockOptions } from './workload/locks.js';
export { EtcdMixWorkload, KubernetesMixWorkload } from './workload/mixes.js';
export type { MixOptions } from './workload/mixes.js';
export { ReaderWorkload } from './workload/readers.js';
export { RegisterWorkload } from './workload/registers.js';
export type { RegisterOptions } from './workload/registers.js';
export { pickWeighted } from './workload/workload.js';
export type { Workload } from './workload/workload.js';

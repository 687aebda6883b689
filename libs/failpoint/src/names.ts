/**
 * Every failpoint there is, by etcd's names, each at the step that etcd's source gives it (as of 3.7).
 *
 * Of etcd's, these have no place here: `defragBeforeRename`, `defragOpenFileError`, `defragdbFail`
 * (space is given back inside the one file, nothing is copied or renamed),
 * `compactAfterAcquiredBatchTxLock` (there is no such lock), and `afterIsMemberExist`,
 * `beforeRangeStreamChunk`, `beforeLookupWhenLeaseTimeToLive`,
 * `beforeLookupWhenForwardLeaseTimeToLive`, `beforeServeHTTPLeaseRenew`,
 * `beforeCheckpointInLeaseRenew`, which hold up one request and no step of storage.
 */
export const FAILPOINT_NAMES = [
  'afterCommit',
  'afterStartDBTxn',
  'afterWritebackBuf',
  'applyAfterOpenSnapshot',
  'applyBeforeOpenSnapshot',
  'beforeApplyOneConfChange',
  'beforeApplyOneEntryNormal',
  'beforeCommit',
  'beforeMoveVictims',
  'beforeProgressIfSync',
  'beforePublishing',
  'beforeSendWatchResponse',
  'beforeStartDBTxn',
  'beforeSyncWatchers',
  'beforeWritebackBuf',
  'commitAfterPreCommitHook',
  'commitBeforePreCommitHook',
  'compactAfterCommitBatch',
  'compactAfterCommitScheduledCompact',
  'compactAfterSetFinishedCompact',
  'compactBeforeCommitBatch',
  'compactBeforeCommitScheduledCompact',
  'compactBeforeSetFinishedCompact',
  'defragBeforeCopy',
  'raftAfterApplySnap',
  'raftAfterSave',
  'raftAfterSaveSnap',
  'raftAfterWALRelease',
  'raftBeforeAdvance',
  'raftBeforeApplySnap',
  'raftBeforeFollowerSend',
  'raftBeforeLeaderSend',
  'raftBeforeSave',
  'raftBeforeSaveSnap',
  // Spelt as in etcd, whose tools ask for it.
  'raftBeforeWALSaveSnaphot',
  'raftDropHeartbeat',
  'walAfterSync',
  'walBeforeSync',
] as const;

export type FailpointName = (typeof FAILPOINT_NAMES)[number];

export type { RaftConfig, TraceEvent } from './config.js';
export type { StepResult } from './follower.js';
export { MemoryLog } from './log/memory-log.js';
export type { LogStorage } from './log/storage.js';
export type {
  AppendEntries,
  AppendEntriesResponse,
  Heartbeat,
  HeartbeatResponse,
  InstallSnapshot,
  Message,
  MessageType,
  Propose,
  ProposedEntry,
  ReadIndexRequest,
  ReadIndexResponse,
  RequestVote,
  RequestVoteResponse,
  TimeoutNow,
  TransferLeader,
} from './message.js';
export { Raft } from './raft.js';
export type { ProposeResult } from './raft.js';
export type { ReadState, Ready, SoftState } from './ready.js';
export type { ProgressStatus, Status } from './status.js';
export type {
  ConfChange,
  ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  ConfState,
  Entry,
  EntryType,
  HardState,
  Role,
  Snapshot,
  SnapshotMetadata,
} from './types.js';

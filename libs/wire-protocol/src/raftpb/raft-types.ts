import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';

/**
 * What raft keeps and says, as the algorithm's own library has it. Declared again because a
 * contract may not import what is built on it; the shapes are the same, so values pass freely.
 */
export type RaftEntryType = 'normal' | 'confChange' | 'confChangeV2';

export interface RaftEntry {
  readonly type: RaftEntryType;
  readonly term: Term;
  readonly index: RaftIndex;
  readonly data: Uint8Array;
}

export interface RaftHardState {
  readonly term: Term;
  readonly vote: MemberId;
  readonly commit: RaftIndex;
}

export interface RaftConfState {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export interface RaftSnapshotMetadata {
  readonly confState: RaftConfState;
  readonly index: RaftIndex;
  readonly term: Term;
}

export interface RaftSnapshot {
  readonly data: Uint8Array;
  readonly metadata: RaftSnapshotMetadata;
}

export type RaftConfChangeType = 'addNode' | 'removeNode' | 'updateNode' | 'addLearnerNode';

export interface RaftConfChange {
  readonly id: bigint;
  readonly type: RaftConfChangeType;
  readonly nodeId: MemberId;
  readonly context: Uint8Array;
}

/**
 * A message between members as flat as it travels: which fields mean something depends on `type`
 * (a number of raftpb.MessageType). Giving them their meaning is the peer transport's business.
 */
export interface RaftPeerMessage {
  readonly type: number;
  readonly to: MemberId;
  readonly from: MemberId;
  readonly term: Term;
  readonly logTerm: Term;
  readonly index: RaftIndex;
  readonly entries: readonly RaftEntry[];
  readonly commit: RaftIndex;
  readonly snapshot: RaftSnapshot | undefined;
  readonly reject: boolean;
  readonly rejectHint: RaftIndex;
  readonly context: Uint8Array;
  readonly vote: MemberId;
}

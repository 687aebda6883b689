import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';

export type EntryType = 'normal' | 'confChange' | 'confChangeV2';

/** One log entry. `data` belongs to raft from propose() on: nobody may write to it any more. */
export interface Entry {
  readonly type: EntryType;
  readonly term: Term;
  readonly index: RaftIndex;
  readonly data: Uint8Array;
}

/** What a member must never forget (Raft figure 2, "persistent state"), and its commit index. */
export interface HardState {
  readonly term: Term;
  /** NO_MEMBER when nobody was voted for in this term. */
  readonly vote: MemberId;
  readonly commit: RaftIndex;
}

/** The membership as of some log position. All lists ascending; outgoing only in joint consensus. */
export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
  /** Outgoing voters that become learners when the joint configuration is left. */
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export interface SnapshotMetadata {
  readonly confState: ConfState;
  readonly index: RaftIndex;
  readonly term: Term;
}

export interface Snapshot {
  readonly data: Uint8Array;
  readonly metadata: SnapshotMetadata;
}

export type ConfChangeType = 'addNode' | 'removeNode' | 'updateNode' | 'addLearnerNode';

/** One change of one member (thesis 4.1): what etcd itself proposes. */
export interface ConfChange {
  readonly id: bigint;
  readonly type: ConfChangeType;
  readonly nodeId: MemberId;
  readonly context: Uint8Array;
}

export interface ConfChangeSingle {
  readonly type: ConfChangeType;
  /** NO_MEMBER makes the change a no-op: how an application refuses a committed change. */
  readonly nodeId: MemberId;
}

/**
 * `auto`: joint consensus only if more than one member changes, left by itself.
 * `jointImplicit`: always joint, left by itself. `jointExplicit`: always joint, until somebody
 * proposes a change without changes.
 */
export type ConfChangeTransition = 'auto' | 'jointImplicit' | 'jointExplicit';

/** Any number of changes at once (thesis 4.3). Without changes it leaves a joint configuration. */
export interface ConfChangeV2 {
  readonly transition: ConfChangeTransition;
  readonly changes: readonly ConfChangeSingle[];
  readonly context: Uint8Array;
}

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader';

export const EMPTY_HARD_STATE: HardState = {
  term: 0 as Term,
  vote: 0n as MemberId,
  commit: 0 as RaftIndex,
};

export const EMPTY_CONF_STATE: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

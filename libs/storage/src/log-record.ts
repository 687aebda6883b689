import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';

/** What the WAL stores of raft. Structurally equal to raft's own types, so that neither lib needs the other. */
export type EntryType = 'normal' | 'confChange' | 'confChangeV2';

export interface Entry {
  readonly type: EntryType;
  readonly term: Term;
  readonly index: RaftIndex;
  readonly data: Uint8Array;
}

export interface HardState {
  readonly term: Term;
  readonly vote: MemberId;
  readonly commit: RaftIndex;
}

export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export interface Snapshot {
  readonly data: Uint8Array;
  readonly metadata: {
    readonly confState: ConfState;
    readonly index: RaftIndex;
    readonly term: Term;
  };
}

/** Names a snapshot: the raft log up to `index` (of `term`) is in it. {0, 0} is the empty state. */
export interface SnapshotPosition {
  readonly index: RaftIndex;
  readonly term: Term;
}

/** The WAL's record of a snapshot; confState is absent in records written before etcd 3.5. */
export interface SnapshotRecord extends SnapshotPosition {
  readonly confState?: ConfState;
}

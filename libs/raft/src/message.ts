import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { Entry, EntryType, Snapshot } from './types.js';

interface Envelope {
  readonly from: MemberId;
  readonly to: MemberId;
  /** The sender's term. 0 on what is forwarded on a client's behalf (`propose`, `readIndex`). */
  readonly term: Term;
}

/** MsgApp. `entries` follow directly on (`previousIndex`, `previousTerm`). */
export interface AppendEntries extends Envelope {
  readonly type: 'appendEntries';
  readonly previousIndex: RaftIndex;
  readonly previousTerm: Term;
  readonly entries: readonly Entry[];
  readonly commit: RaftIndex;
}

/**
 * MsgAppResp. Accepted: the follower's log matches the leader's up to `index`. Rejected: `index` is
 * the previousIndex that did not match, and (`rejectHint`, `hintTerm`) is a position in the
 * follower's log at or before which the two logs can still match; wire: index, rejectHint, logTerm.
 */
export interface AppendEntriesResponse extends Envelope {
  readonly type: 'appendEntriesResponse';
  readonly index: RaftIndex;
  readonly reject: boolean;
  readonly rejectHint: RaftIndex;
  readonly hintTerm: Term;
}

/** MsgVote and MsgPreVote. A pre-vote carries the term the candidate would campaign in. */
export interface RequestVote extends Envelope {
  readonly type: 'requestVote' | 'requestPreVote';
  readonly lastIndex: RaftIndex;
  readonly lastTerm: Term;
  /** The leader itself asked for this election: leases do not protect it. Wire: context "CampaignTransfer". */
  readonly leadershipTransfer: boolean;
}

/** MsgVoteResp and MsgPreVoteResp. A granted pre-vote carries the term asked for, a refusal the voter's own. */
export interface RequestVoteResponse extends Envelope {
  readonly type: 'requestVoteResponse' | 'requestPreVoteResponse';
  readonly reject: boolean;
}

/** MsgSnap. */
export interface InstallSnapshot extends Envelope {
  readonly type: 'installSnapshot';
  readonly snapshot: Snapshot;
}

/** MsgHeartbeat. `context` names the newest read index round this heartbeat confirms; empty: none. */
export interface Heartbeat extends Envelope {
  readonly type: 'heartbeat';
  /** Never beyond what the receiver is known to have: a heartbeat proves nothing about its log. */
  readonly commit: RaftIndex;
  readonly context: Uint8Array;
}

/** MsgHeartbeatResp, with the heartbeat's context. */
export interface HeartbeatResponse extends Envelope {
  readonly type: 'heartbeatResponse';
  readonly context: Uint8Array;
}

/** MsgTransferLeader. `from` is the transferee, also when a follower passes it on to the leader. */
export interface TransferLeader extends Envelope {
  readonly type: 'transferLeader';
}

/** MsgTimeoutNow: the leader asks its chosen successor to campaign at once (thesis 3.10). */
export interface TimeoutNow extends Envelope {
  readonly type: 'timeoutNow';
}

export interface ProposedEntry {
  readonly type: EntryType;
  readonly data: Uint8Array;
}

/** MsgProp, forwarded by a follower. */
export interface Propose extends Envelope {
  readonly type: 'propose';
  readonly entries: readonly ProposedEntry[];
}

/** MsgReadIndex, forwarded by a follower. Wire: the context is the data of the only entry. */
export interface ReadIndexRequest extends Envelope {
  readonly type: 'readIndex';
  readonly context: Uint8Array;
}

/** MsgReadIndexResp. */
export interface ReadIndexResponse extends Envelope {
  readonly type: 'readIndexResponse';
  readonly index: RaftIndex;
  readonly context: Uint8Array;
}

/** What travels between members. What a member tells itself (time, reports) are methods of Raft. */
export type Message =
  | AppendEntries
  | AppendEntriesResponse
  | RequestVote
  | RequestVoteResponse
  | InstallSnapshot
  | Heartbeat
  | HeartbeatResponse
  | TransferLeader
  | TimeoutNow
  | Propose
  | ReadIndexRequest
  | ReadIndexResponse;

export type MessageType = Message['type'];

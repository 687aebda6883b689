import { assert, NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex, Rng, Term } from '@etcd-ts/foundation';
import type { LogStorage } from './log/storage.js';
import type { Message } from './message.js';
import type { ConfState, Role } from './types.js';

/** What happened inside, for logs and for checking traces. Never needed for correctness. */
export type TraceEvent =
  | { readonly kind: 'role'; readonly role: Role; readonly term: Term; readonly leader: MemberId }
  | { readonly kind: 'campaign'; readonly preVote: boolean; readonly term: Term }
  | { readonly kind: 'vote'; readonly message: Message; readonly granted: boolean }
  | { readonly kind: 'leaseIgnoredVote'; readonly message: Message }
  | { readonly kind: 'commit'; readonly index: RaftIndex }
  | { readonly kind: 'appendRejected'; readonly from: MemberId; readonly index: RaftIndex }
  | { readonly kind: 'snapshotSent'; readonly to: MemberId; readonly index: RaftIndex }
  | { readonly kind: 'snapshotRestored'; readonly index: RaftIndex; readonly term: Term }
  | { readonly kind: 'snapshotIgnored'; readonly index: RaftIndex; readonly commit: RaftIndex }
  | { readonly kind: 'confChange'; readonly confState: ConfState }
  | { readonly kind: 'confChangeRefused'; readonly reason: string }
  | { readonly kind: 'quorumLost'; readonly term: Term }
  | { readonly kind: 'proposalDropped'; readonly reason: string }
  | { readonly kind: 'transfer'; readonly to: MemberId; readonly outcome: 'started' | 'timedOut' };

export interface RaftConfig {
  readonly id: MemberId;
  /** Ticks without a leader before campaigning; each timeout is drawn from [n, 2n). */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  readonly storage: LogStorage;
  /** Everything up to here is applied already and is not handed out again. */
  readonly applied: RaftIndex;
  readonly maxSizePerMessageBytes: number;
  /** Bounds `committedEntries` of one Ready, and of all Readies not yet applied together. */
  readonly maxCommittedSizePerReadyBytes: number;
  /** Payload a leader may hold uncommitted before it drops proposals. */
  readonly maxUncommittedSizeBytes: number;
  /** Append messages on their way to one follower. */
  readonly maxInflightMessages: number;
  /** A leader that hears no quorum for an election timeout steps down; voters protect its lease. */
  readonly checkQuorum: boolean;
  readonly preVote: boolean;
  /** `lease` answers reads without a quorum round and trusts the clocks; needs checkQuorum. */
  readonly readOnly: 'safe' | 'lease';
  readonly rng: Rng;
  /** Drop instead of forward to the leader what is proposed on a follower. */
  readonly disableProposalForwarding?: boolean;
  /**
   * The membership at start, when it is known better than from the storage's snapshot (etcd keeps
   * it with its data). Defaults to the storage's.
   */
  readonly confState?: ConfState;
  readonly trace?: (event: TraceEvent) => void;
}

export function validateConfig(config: RaftConfig): void {
  assert(config.id !== NO_MEMBER, 'a raft member needs an id other than 0');
  assert(config.heartbeatTicks > 0, 'heartbeatTicks must be positive');
  assert(config.electionTicks > config.heartbeatTicks, 'electionTicks must exceed heartbeatTicks');
  assert(config.maxInflightMessages > 0, 'maxInflightMessages must be positive');
  assert(
    config.readOnly === 'safe' || config.checkQuorum,
    'lease reads need checkQuorum: without it a deposed leader never finds out',
  );
}

import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { RaftState } from './state.js';
import type { ConfState, Role } from './types.js';

export interface ProgressStatus {
  readonly match: RaftIndex;
  readonly next: RaftIndex;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly isLearner: boolean;
  readonly recentActive: boolean;
  readonly pendingSnapshot: RaftIndex;
  readonly inflight: number;
}

export interface Status {
  readonly id: MemberId;
  readonly term: Term;
  readonly vote: MemberId;
  readonly commit: RaftIndex;
  readonly applied: RaftIndex;
  /** NO_MEMBER while none is known. */
  readonly leader: MemberId;
  readonly role: Role;
  readonly confState: ConfState;
  /** NO_MEMBER when no transfer is under way. */
  readonly leadTransferee: MemberId;
  /** Only on a leader. */
  readonly progress?: ReadonlyMap<MemberId, ProgressStatus>;
}

export function statusOf(state: RaftState): Status {
  const { id, term, vote, log, leader, role, tracker, leadTransferee } = state;
  return {
    id,
    term,
    vote,
    commit: log.committed,
    applied: log.applied,
    leader,
    role,
    confState: tracker.confState(),
    leadTransferee,
    ...(role === 'leader' && { progress: progressStatus(state) }),
  };
}

function progressStatus(state: RaftState): ReadonlyMap<MemberId, ProgressStatus> {
  const all = new Map<MemberId, ProgressStatus>();
  for (const [id, progress] of state.tracker.progress) {
    const { match, next, recentActive, pendingSnapshot, inflights } = progress;
    const isLearner = !state.tracker.isVoter(id);
    const inflight = inflights.count;
    all.set(id, {
      match,
      next,
      state: progress.state,
      isLearner,
      recentActive,
      pendingSnapshot,
      inflight,
    });
  }
  return all;
}

import { assert, EMPTY_BYTES, NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import { appendOwn } from './replication.js';
import type { RaftState } from './state.js';
import type { Role } from './types.js';

/** Common to every role change: what belonged to the old role or term is forgotten. */
function reset(state: RaftState, term: Term): void {
  if (term !== state.term) {
    state.term = term;
    state.vote = NO_MEMBER;
  }
  state.leader = NO_MEMBER;
  state.electionElapsed = 0;
  state.heartbeatElapsed = 0;
  state.drawElectionTimeout();
  state.leadTransferee = NO_MEMBER;
  state.tracker.resetVotes();
  state.pendingConfIndex = 0 as RaftIndex;
  state.uncommittedBytes = 0;
  state.appendDue = false;
  state.readOnly.reset();
  state.readsBeforeFirstCommit = [];
}

function enter(state: RaftState, role: Role): void {
  state.role = role;
  state.trace({ kind: 'role', role, term: state.term, leader: state.leader });
}

/** `leader` is NO_MEMBER while unknown. */
export function becomeFollower(state: RaftState, term: Term, leader: MemberId): void {
  reset(state, term);
  state.leader = leader;
  enter(state, 'follower');
}

/** Thesis 9.6: neither term nor vote changes, so that a failed pre-vote disturbs nobody. */
export function becomePreCandidate(state: RaftState): void {
  assert(state.role !== 'leader', 'a leader does not campaign');
  state.tracker.resetVotes();
  state.leader = NO_MEMBER;
  enter(state, 'preCandidate');
}

export function becomeCandidate(state: RaftState): void {
  assert(state.role !== 'leader', 'a leader does not campaign');
  reset(state, (state.term + 1) as Term);
  state.vote = state.id;
  enter(state, 'candidate');
}

export function becomeLeader(state: RaftState): void {
  assert(state.role === 'candidate', () => `a ${state.role} cannot become leader`);
  const { term, log } = state;
  reset(state, term);
  state.leader = state.id;
  for (const [id, progress] of state.tracker.progress) {
    progress.restart(log.lastIndex);
    if (id === state.id) progress.becomeSelf(log.stableIndex);
  }
  state.pendingConfIndex = log.lastIndex;
  enter(state, 'leader');
  // Thesis 6.4: without an entry of its own term a leader can commit nothing (Raft 5.4.2).
  const appended = appendOwn(state, [{ type: 'normal', data: EMPTY_BYTES }]);
  assert(appended, 'the first entry of a term has no payload and always fits');
}

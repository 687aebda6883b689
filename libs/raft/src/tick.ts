import { NO_MEMBER } from '@etcd-ts/foundation';
import { startElection } from './election.js';
import { hasActiveQuorum } from './leader.js';
import { leaveJointWhenDue } from './membership.js';
import { abortTransfer, broadcastHeartbeat } from './replication.js';
import type { RaftState } from './state.js';
import { becomeFollower } from './transition.js';

/** Time passes: the only clock raft has. */
export function tick(state: RaftState): void {
  if (state.role === 'leader') tickLeader(state);
  else tickElection(state);
}

function tickElection(state: RaftState): void {
  state.electionElapsed++;
  if (!state.isPromotable() || state.electionElapsed < state.randomizedElectionTicks) return;
  state.electionElapsed = 0;
  startElection(state, state.config.preVote ? 'preVote' : 'vote');
}

function tickLeader(state: RaftState): void {
  state.heartbeatElapsed++;
  state.electionElapsed++;
  if (state.electionElapsed >= state.config.electionTicks) {
    state.electionElapsed = 0;
    endElectionTimeout(state);
  }
  if (state.role !== 'leader') return;
  if (state.heartbeatElapsed >= state.config.heartbeatTicks) {
    state.heartbeatElapsed = 0;
    broadcastHeartbeat(state);
  }
}

/** What a leader does once an election timeout. */
function endElectionTimeout(state: RaftState): void {
  if (state.config.checkQuorum && !hasActiveQuorum(state)) {
    state.trace({ kind: 'quorumLost', term: state.term });
    becomeFollower(state, state.term, NO_MEMBER);
    return;
  }
  if (!state.hasTransfer()) return;
  // Thesis 3.10: the transferee did not make it; take proposals again.
  state.trace({ kind: 'transfer', to: state.leadTransferee, outcome: 'timedOut' });
  abortTransfer(state);
  leaveJointWhenDue(state);
}

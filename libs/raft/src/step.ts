import { NO_MEMBER, unreachable } from '@etcd-ts/foundation';
import type { RaftIndex, Term } from '@etcd-ts/foundation';
import { stepCandidate } from './candidate.js';
import { handleRequestVote } from './election.js';
import { stepFollower } from './follower.js';
import type { StepResult } from './follower.js';
import { stepLeader } from './leader.js';
import type { Message, RequestVote } from './message.js';
import type { RaftState } from './state.js';
import { becomeFollower } from './transition.js';

/** Raft 5.1: terms first, they decide whether the message counts at all. */
export function step(state: RaftState, message: Message): StepResult {
  if (message.term > state.term) {
    if (!adoptTerm(state, message)) return 'dropped';
  } else if (message.term < state.term && !carriesNoTerm(message)) {
    answerStale(state, message);
    return 'dropped';
  }
  if (message.type === 'requestVote' || message.type === 'requestPreVote') {
    handleRequestVote(state, message);
    return 'accepted';
  }
  return stepRole(state, message);
}

function stepRole(state: RaftState, message: Message): StepResult {
  switch (state.role) {
    case 'follower':
      return stepFollower(state, message);
    case 'preCandidate':
    case 'candidate':
      return stepCandidate(state, message);
    case 'leader':
      return stepLeader(state, message);
    default:
      return unreachable(state.role, 'role');
  }
}

/** Clients' wishes have no term, whoever forwards them. */
function carriesNoTerm(message: Message): boolean {
  return message.term === 0 && (message.type === 'propose' || message.type === 'readIndex');
}

/** Raft 5.1: a later term makes a follower of anybody. False if the message is to be ignored. */
function adoptTerm(state: RaftState, message: Message): boolean {
  switch (message.type) {
    case 'requestVote':
      if (leaseForbidsVote(state, message)) return false;
      becomeFollower(state, message.term, NO_MEMBER);
      return true;
    case 'requestPreVote':
      // The term is a plan, not a fact: adopting it is what a pre-vote is there to avoid.
      return !leaseForbidsVote(state, message);
    case 'requestPreVoteResponse':
      // Granted: our own planned term comes back. Refused: it is the voter's, and later than ours.
      if (message.reject) becomeFollower(state, message.term, NO_MEMBER);
      return true;
    case 'appendEntries':
    case 'heartbeat':
    case 'installSnapshot':
      becomeFollower(state, message.term, message.from);
      return true;
    default:
      becomeFollower(state, message.term, NO_MEMBER);
      return true;
  }
}

/**
 * Thesis 4.2.3: whoever heard from a leader within the minimum election timeout helps nobody to
 * depose it, not even by taking over the candidate's term: a removed or cut-off member would
 * disturb the cluster again and again. The leader's own wish (transfer) overrides it.
 */
function leaseForbidsVote(state: RaftState, message: RequestVote): boolean {
  if (message.leadershipTransfer || !state.config.checkQuorum) return false;
  const leased = state.leader !== NO_MEMBER && state.electionElapsed < state.config.electionTicks;
  if (leased) state.trace({ kind: 'leaseIgnoredVote', message });
  return leased;
}

/** A message of the past is not handled, but its sender may need to hear of the present. */
function answerStale(state: RaftState, message: Message): void {
  const { config } = state;
  switch (message.type) {
    case 'appendEntries':
    case 'heartbeat':
      // With leases or pre-vote on, this member's later term cannot depose the old leader by
      // asking for votes: nobody listens. Any answer with the term in it does.
      if (config.checkQuorum || config.preVote) sendTerm(state, message);
      return;
    case 'requestPreVote':
      // The candidate has campaigned with an older term; a silent refusal would let it try for ever.
      state.send({ type: 'requestPreVoteResponse', to: message.from, reject: true });
      return;
    default:
      return;
  }
}

function sendTerm(state: RaftState, message: Message): void {
  state.send({
    type: 'appendEntriesResponse',
    to: message.from,
    index: 0 as RaftIndex,
    reject: false,
    rejectHint: 0 as RaftIndex,
    hintTerm: 0 as Term,
  });
}

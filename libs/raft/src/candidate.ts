import { recordVote } from './election.js';
import { handleAppendEntries, handleHeartbeat, handleInstallSnapshot } from './follower.js';
import type { StepResult } from './follower.js';
import type { Message, RequestVoteResponse } from './message.js';
import type { RaftState } from './state.js';
import { becomeFollower } from './transition.js';

/** Candidate and pre-candidate: whoever leads in this term has won, else votes are counted. */
export function stepCandidate(state: RaftState, message: Message): StepResult {
  switch (message.type) {
    case 'appendEntries':
      becomeFollower(state, message.term, message.from);
      handleAppendEntries(state, message);
      return 'accepted';
    case 'heartbeat':
      becomeFollower(state, message.term, message.from);
      handleHeartbeat(state, message);
      return 'accepted';
    case 'installSnapshot':
      becomeFollower(state, message.term, message.from);
      handleInstallSnapshot(state, message);
      return 'accepted';
    case 'requestVoteResponse':
      // An answer to the other kind of request tells nothing about this one.
      if (state.role === 'candidate') recordVote(state, message.from, !message.reject);
      return 'accepted';
    case 'requestPreVoteResponse':
      if (state.role === 'preCandidate') handlePreVoteResponse(state, message);
      return 'accepted';
    case 'propose':
      state.trace({ kind: 'proposalDropped', reason: 'no leader' });
      return 'dropped';
    default:
      return 'dropped';
  }
}

/** A grant names the term it is for; one for an earlier plan says nothing about this one. */
function handlePreVoteResponse(state: RaftState, message: RequestVoteResponse): void {
  if (!message.reject && message.term !== state.term + 1) return;
  recordVote(state, message.from, !message.reject);
}

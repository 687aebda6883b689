import { NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId, Term } from '@etcd-ts/foundation';
import type { RequestVote } from './message.js';
import { broadcastAppend } from './replication.js';
import type { RaftState } from './state.js';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './transition.js';

/** `transfer`: the leader asked for it, so neither pre-vote nor leases stand in the way. */
export type CampaignKind = 'preVote' | 'vote' | 'transfer';

/** The election timeout has passed, or somebody wants this member to lead. */
export function startElection(state: RaftState, kind: CampaignKind): void {
  if (state.role === 'leader' || !state.isPromotable()) return;
  // With a committed change unapplied this member would count votes of an old configuration, and
  // there may be two changes between it and the current one.
  if (hasUnappliedConfChange(state)) return;
  campaign(state, kind);
}

/** Raft 5.2. */
export function campaign(state: RaftState, kind: CampaignKind): void {
  const preVote = kind === 'preVote';
  if (preVote) becomePreCandidate(state);
  else becomeCandidate(state);
  const term = (preVote ? state.term + 1 : state.term) as Term;
  state.trace({ kind: 'campaign', preVote, term });
  // Counted before it is durable, and no harm done: requests to others leave only after it is, so
  // nobody else's vote can come first; and a single voter proves durability by its first commit.
  recordVote(state, state.id, true);
  if (state.role === 'leader' || state.tracker.isSingleton()) return;
  for (const to of state.tracker.voters()) {
    if (to !== state.id) requestVote(state, to, kind, term);
  }
}

function requestVote(state: RaftState, to: MemberId, kind: CampaignKind, term: Term): void {
  const { lastIndex, lastTerm } = state.log;
  state.send({
    type: kind === 'preVote' ? 'requestPreVote' : 'requestVote',
    to,
    term,
    lastIndex,
    lastTerm,
    leadershipTransfer: kind === 'transfer',
  });
}

/** Counts a vote for this (pre-)candidate and draws the consequence. */
export function recordVote(state: RaftState, from: MemberId, granted: boolean): void {
  state.tracker.recordVote(from, granted);
  switch (state.tracker.voteResult()) {
    case 'won':
      winElection(state);
      return;
    case 'lost':
      becomeFollower(state, state.term, NO_MEMBER);
      return;
    case 'pending':
      return;
  }
}

function winElection(state: RaftState): void {
  if (state.role === 'preCandidate') {
    campaign(state, 'vote');
    return;
  }
  becomeLeader(state);
  broadcastAppend(state);
}

/** Any role answers a vote request (Raft 5.2, 5.4.1; thesis 9.6 for the pre-vote). */
export function handleRequestVote(state: RaftState, message: RequestVote): void {
  const { from, term, lastIndex, lastTerm } = message;
  const preVote = message.type === 'requestPreVote';
  const free =
    state.vote === from ||
    (state.vote === NO_MEMBER && state.leader === NO_MEMBER) ||
    // A pre-vote for a later term is only an opinion, and promises nothing about this one.
    (preVote && term > state.term);
  const granted = free && state.log.isUpToDate(lastIndex, lastTerm);
  state.trace({ kind: 'vote', message, granted });
  state.send({
    type: preVote ? 'requestPreVoteResponse' : 'requestVoteResponse',
    to: from,
    // A granted pre-vote names the term it was asked for: the candidate is still behind it and
    // would take a smaller one for stale. A refusal names the voter's own, to bring it up to date.
    term: granted ? term : state.term,
    reject: !granted,
  });
  if (granted && !preVote) {
    state.electionElapsed = 0;
    state.vote = from;
  }
}

/** Entries looked at in one go while searching the unapplied part of the log. */
const SCAN_BYTES = 1024 * 1024;

function hasUnappliedConfChange(state: RaftState): boolean {
  const { log } = state;
  let next = log.applied + 1;
  while (next <= log.committed) {
    const entries = log.slice(next, log.committed + 1, SCAN_BYTES);
    // Cut away means applied: only what a snapshot covers is compacted.
    if (entries === 'compacted' || entries.length === 0) return false;
    if (entries.some((entry) => entry.type !== 'normal')) return true;
    next += entries.length;
  }
  return false;
}

import { EMPTY_BYTES, NO_MEMBER, RaftIndex, Term } from '@etcd-ts/foundation';
import type { StepResult } from './follower.js';
import { Cluster, memberId, SHORTEST, voters } from './harness/cluster.js';
import type { Member } from './harness/member.js';
import type { Message, MessageType } from './message.js';
import type { Role } from './types.js';

const ENVELOPE = { from: memberId(2), to: memberId(1), term: Term(2) };
const ZERO = { index: RaftIndex(0), term: Term(0) };

/** One of each kind, of the members' current term, from a member that is a voter. */
const MESSAGES: { readonly [T in MessageType]: Message & { readonly type: T } } = {
  appendEntries: {
    ...ENVELOPE,
    type: 'appendEntries',
    previousIndex: RaftIndex(1),
    previousTerm: Term(1),
    entries: [],
    commit: RaftIndex(1),
  },
  appendEntriesResponse: {
    ...ENVELOPE,
    type: 'appendEntriesResponse',
    index: RaftIndex(1),
    reject: false,
    rejectHint: ZERO.index,
    hintTerm: ZERO.term,
  },
  requestVote: {
    ...ENVELOPE,
    type: 'requestVote',
    lastIndex: RaftIndex(1),
    lastTerm: Term(1),
    leadershipTransfer: false,
  },
  requestPreVote: {
    ...ENVELOPE,
    type: 'requestPreVote',
    lastIndex: RaftIndex(1),
    lastTerm: Term(1),
    leadershipTransfer: false,
  },
  requestVoteResponse: { ...ENVELOPE, type: 'requestVoteResponse', reject: false },
  requestPreVoteResponse: { ...ENVELOPE, type: 'requestPreVoteResponse', reject: false },
  installSnapshot: {
    ...ENVELOPE,
    type: 'installSnapshot',
    snapshot: {
      data: EMPTY_BYTES,
      metadata: { confState: voters(1, 2, 3), index: RaftIndex(1), term: Term(1) },
    },
  },
  heartbeat: { ...ENVELOPE, type: 'heartbeat', commit: RaftIndex(1), context: EMPTY_BYTES },
  heartbeatResponse: { ...ENVELOPE, type: 'heartbeatResponse', context: EMPTY_BYTES },
  transferLeader: { ...ENVELOPE, type: 'transferLeader' },
  timeoutNow: { ...ENVELOPE, type: 'timeoutNow' },
  propose: {
    ...ENVELOPE,
    type: 'propose',
    term: ZERO.term,
    entries: [{ type: 'normal', data: EMPTY_BYTES }],
  },
  readIndex: { ...ENVELOPE, type: 'readIndex', term: ZERO.term, context: EMPTY_BYTES },
  readIndexResponse: {
    ...ENVELOPE,
    type: 'readIndexResponse',
    index: RaftIndex(1),
    context: EMPTY_BYTES,
  },
};

/** The role after the message, or `dropped` if it has none to offer. A new kind does not compile until every role answers. */
const EXPECTED: Record<Role, Record<MessageType, Role | 'dropped'>> = {
  follower: {
    appendEntries: 'follower',
    appendEntriesResponse: 'dropped',
    requestVote: 'follower',
    requestPreVote: 'follower',
    requestVoteResponse: 'dropped',
    requestPreVoteResponse: 'dropped',
    installSnapshot: 'follower',
    heartbeat: 'follower',
    heartbeatResponse: 'dropped',
    transferLeader: 'follower',
    timeoutNow: 'candidate',
    propose: 'follower',
    readIndex: 'follower',
    readIndexResponse: 'follower',
  },
  preCandidate: {
    appendEntries: 'follower',
    appendEntriesResponse: 'dropped',
    requestVote: 'preCandidate',
    requestPreVote: 'preCandidate',
    requestVoteResponse: 'preCandidate',
    // A grant for an earlier plan: this candidate asks for term 3.
    requestPreVoteResponse: 'preCandidate',
    installSnapshot: 'follower',
    heartbeat: 'follower',
    heartbeatResponse: 'dropped',
    transferLeader: 'dropped',
    timeoutNow: 'dropped',
    propose: 'dropped',
    readIndex: 'dropped',
    readIndexResponse: 'dropped',
  },
  candidate: {
    appendEntries: 'follower',
    appendEntriesResponse: 'dropped',
    requestVote: 'candidate',
    requestPreVote: 'candidate',
    requestVoteResponse: 'leader',
    requestPreVoteResponse: 'candidate',
    installSnapshot: 'follower',
    heartbeat: 'follower',
    heartbeatResponse: 'dropped',
    transferLeader: 'dropped',
    timeoutNow: 'dropped',
    propose: 'dropped',
    readIndex: 'dropped',
    readIndexResponse: 'dropped',
  },
  leader: {
    // Two leaders of one term cannot be; whatever sent these, they are not followed.
    appendEntries: 'dropped',
    appendEntriesResponse: 'leader',
    requestVote: 'leader',
    requestPreVote: 'leader',
    requestVoteResponse: 'dropped',
    requestPreVoteResponse: 'dropped',
    installSnapshot: 'dropped',
    heartbeat: 'dropped',
    heartbeatResponse: 'leader',
    transferLeader: 'leader',
    timeoutNow: 'dropped',
    propose: 'leader',
    readIndex: 'leader',
    readIndexResponse: 'dropped',
  },
};

/** A member of term 2 in this role, one of three. */
function memberAs(role: Role): Member {
  const cluster = new Cluster();
  const options = { preVote: role === 'preCandidate' };
  const member = cluster.add(1, voters(1, 2, 3), options, SHORTEST);
  if (role === 'follower') member.raft.step(MESSAGES.heartbeat);
  if (role === 'preCandidate') {
    member.raft.step(MESSAGES.heartbeat);
    member.raft.campaign();
  }
  if (role === 'candidate' || role === 'leader') member.raft.campaign();
  if (role === 'leader') member.raft.step(MESSAGES.requestVoteResponse);
  expect(member.raft.status()).toMatchObject({ role, term: 2 });
  return member;
}

describe('every role has an answer to every message', () => {
  for (const [role, row] of Object.entries(EXPECTED) as [Role, Record<MessageType, string>][]) {
    it.each(Object.entries(row) as [MessageType, string][])(`${role}: %s`, (type, expected) => {
      const { raft } = memberAs(role);
      const result: StepResult = raft.step(MESSAGES[type]);
      expect(result === 'dropped' ? result : raft.status().role).toBe(expected);
      if (result === 'dropped') expect(raft.status().role).toBe(role);
    });
  }

  it('a leader does not listen to members of no configuration', () => {
    const { raft } = memberAs('leader');
    expect(raft.step({ ...MESSAGES.heartbeatResponse, from: memberId(9) })).toBe('dropped');
    expect(raft.step({ ...MESSAGES.transferLeader, from: NO_MEMBER })).toBe('dropped');
  });
});

import { RaftIndex, Term } from '@etcd-ts/foundation';
import type { AppendEntries, Message, RequestVote } from '../message.js';
import type { Entry, Role } from '../types.js';
import { Cluster, memberId, SHORTEST, voters } from './cluster.js';
import type { Member, MemberOptions } from './member.js';

export function clusterOf(size: number, options: Partial<MemberOptions> = {}): Cluster {
  const cluster = new Cluster();
  const ids = Array.from({ length: size }, (_, i) => i + 1);
  for (const id of ids) cluster.add(id, voters(...ids), options, SHORTEST);
  return cluster;
}

export function elected(size: number, options: Partial<MemberOptions> = {}): Cluster {
  const cluster = clusterOf(size, options);
  cluster.member(1).raft.campaign();
  cluster.stabilize();
  return cluster;
}

export function entry(index: number, term: number, text = ''): Entry {
  return { type: 'normal', index: RaftIndex(index), term: Term(term), data: Buffer.from(text) };
}

export function append(
  term: number,
  previous: [number, number],
  entries: Entry[],
  commit = 0,
): AppendEntries {
  return {
    type: 'appendEntries',
    from: memberId(2),
    to: memberId(1),
    term: Term(term),
    previousTerm: Term(previous[0]),
    previousIndex: RaftIndex(previous[1]),
    entries,
    commit: RaftIndex(commit),
  };
}

export function voteRequest(from: number, term: number, last: [number, number]): RequestVote {
  return {
    type: 'requestVote',
    from: memberId(from),
    to: memberId(1),
    term: Term(term),
    lastTerm: Term(last[0]),
    lastIndex: RaftIndex(last[1]),
    leadershipTransfer: false,
  };
}

/** What leaves the member when all its writes are done. */
export function answers(cluster: Cluster, member: Member): Message[] {
  member.settle();
  const sent = cluster.network;
  cluster.network = [];
  return sent;
}

export function become(role: Role): { cluster: Cluster; member: Member } {
  const cluster =
    role === 'leader' ? elected(3) : clusterOf(3, { preVote: role === 'preCandidate' });
  const member = cluster.member(1);
  if (role !== 'leader' && role !== 'follower') member.raft.campaign();
  answers(cluster, member);
  expect(member.raft.status().role).toBe(role);
  return { cluster, member };
}

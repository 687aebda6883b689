import { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { AppendEntries, Heartbeat, InstallSnapshot, RequestVote } from '@etcd-ts/raft';

interface Ends {
  readonly id: MemberId;
}

const ends = (from: Ends, to: Ends, term = 5) => ({ from: from.id, to: to.id, term: Term(term) });

export function heartbeat(from: Ends, to: Ends, context = ''): Heartbeat {
  const commit = RaftIndex(1);
  return { type: 'heartbeat', ...ends(from, to), commit, context: Buffer.from(context) };
}

export function append(from: Ends, to: Ends, previous: number, data: Uint8Array): AppendEntries {
  const entry = { type: 'normal', term: Term(5), index: RaftIndex(previous + 1), data } as const;
  return {
    type: 'appendEntries',
    ...ends(from, to),
    previousIndex: RaftIndex(previous),
    previousTerm: Term(5),
    entries: [entry],
    commit: RaftIndex(previous),
  };
}

export function vote(from: Ends, to: Ends): RequestVote {
  return {
    type: 'requestVote',
    ...ends(from, to),
    lastIndex: RaftIndex(3),
    lastTerm: Term(2),
    leadershipTransfer: false,
  };
}

export function snapshot(from: Ends, to: Ends, index: number): InstallSnapshot {
  const confState = {
    voters: [from.id, to.id],
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  const metadata = { confState, index: RaftIndex(index), term: Term(4) };
  return {
    type: 'installSnapshot',
    ...ends(from, to),
    snapshot: { data: Buffer.alloc(0), metadata },
  };
}

export const someone = (id: bigint): Ends => ({ id: MemberId(id) });

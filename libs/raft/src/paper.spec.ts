import { RaftIndex, SeededRng, Term } from '@etcd-ts/foundation';
import { Cluster, memberId, voters } from './harness/cluster.js';
import type { Member } from './harness/member.js';
import {
  clusterOf,
  elected,
  entry,
  append,
  voteRequest,
  answers,
  become,
} from './harness/scenario.js';
import type { Message } from './message.js';
import type { Role } from './types.js';

/** "Raft" is the extended paper, "thesis" Ongaro's dissertation. All members start at 1/1, term 1. */

const ROLES: readonly Role[] = ['follower', 'preCandidate', 'candidate', 'leader'];

describe('terms (Raft 5.1)', () => {
  it.each(ROLES)('a %s that sees a later term takes it over and follows', (role) => {
    const { member } = become(role);
    member.raft.step(append(9, [1, 1], []));
    expect(member.raft.status()).toMatchObject({ role: 'follower', term: 9, leader: 2n, vote: 0n });
  });

  it.each(ROLES)('a %s rejects what comes with an old term', (role) => {
    const { cluster, member } = become(role);
    const before = member.raft.status();
    member.raft.step(append(0, [0, 0], [entry(1, 0)]));
    expect(member.raft.status()).toEqual(before);
    // At most the sender is told of the present; nothing of the message counts.
    for (const answer of answers(cluster, member)) {
      expect(answer).toMatchObject({ type: 'appendEntriesResponse', index: 0 });
    }
  });
});

describe('leader election (Raft 5.2)', () => {
  it('a follower without a leader campaigns: new term, a vote for itself, requests to all others', () => {
    const cluster = clusterOf(3, { electionTicks: 10 });
    const member = cluster.member(1);
    for (let i = 0; i < 10; i++) member.raft.tick();
    expect(member.raft.status()).toMatchObject({ role: 'candidate', term: 2, vote: 1n });
    expect(answers(cluster, member).map(({ type, to }) => [type, to])).toEqual([
      ['requestVote', 2n],
      ['requestVote', 3n],
    ]);
  });

  it.each([
    [1, [], 'leader'],
    [3, [], 'candidate'],
    [3, [true], 'leader'],
    [3, [false], 'candidate'],
    [3, [false, false], 'follower'],
    [5, [true], 'candidate'],
    [5, [true, true], 'leader'],
    [5, [true, true, false], 'leader'],
    [5, [false, false, false], 'follower'],
  ] as const)('of %i members and answers %j makes a %s', (size, votes, role) => {
    const cluster = clusterOf(size);
    const { raft } = cluster.member(1);
    raft.campaign();
    votes.forEach((granted, i) => {
      const from = memberId(i + 2);
      raft.step({
        type: 'requestVoteResponse',
        from,
        to: raft.id,
        term: raft.term,
        reject: !granted,
      });
    });
    expect(raft.status().role).toBe(role);
  });

  it('counts the votes of one member once', () => {
    const { raft } = clusterOf(5).member(1);
    raft.campaign();
    const { id: to, term } = raft;
    for (let i = 0; i < 3; i++) {
      raft.step({ type: 'requestVoteResponse', from: memberId(2), to, term, reject: false });
    }
    expect(raft.isLeader).toBe(false);
  });

  it('each member votes for one candidate a term, first come first served, also after a restart', () => {
    const cluster = clusterOf(3);
    const member = cluster.member(1);
    member.raft.step(voteRequest(2, 5, [1, 1]));
    expect(answers(cluster, member)).toMatchObject([{ to: 2n, reject: false }]);
    member.restart();
    member.raft.step(voteRequest(3, 5, [9, 9]));
    member.raft.step(voteRequest(2, 5, [1, 1]));
    expect(answers(cluster, member)).toMatchObject([
      { to: 3n, reject: true },
      { to: 2n, reject: false },
    ]);
  });

  it('a candidate follows a leader of its own term', () => {
    const { member } = become('candidate');
    member.raft.step(append(member.raft.term, [1, 1], []));
    expect(member.raft.status()).toMatchObject({ role: 'follower', leader: 2n });
  });

  it('draws election timeouts from all of [n, 2n)', () => {
    const seen = new Set<number>();
    const cluster = new Cluster();
    const member = cluster.add(1, voters(1, 2), { electionTicks: 10 }, new SeededRng(7));
    for (let round = 0; round < 300; round++) {
      member.raft.step(append(member.raft.term, [1, 1], []));
      const { term } = member.raft;
      let ticks = 0;
      while (member.raft.term === term) {
        member.raft.tick();
        ticks++;
      }
      seen.add(ticks);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => 10 + i));
  });

  it('a leader keeps others from campaigning by heartbeats', () => {
    const cluster = elected(3, { electionTicks: 5, heartbeatTicks: 2 });
    for (let i = 0; i < 40; i++) {
      for (const { raft } of cluster.members.values()) raft.tick();
      cluster.stabilize();
    }
    expect(cluster.member(1).raft.status()).toMatchObject({ role: 'leader', term: 2 });
  });
});

describe('log replication (Raft 5.3)', () => {
  it('commits what a majority has, applies it in order everywhere', () => {
    const cluster = elected(5);
    cluster.member(1).raft.propose([Buffer.from('a'), Buffer.from('b')]);
    const alive = new Set([1n, 2n, 3n]);
    cluster.stabilize((message) => alive.has(message.to) && alive.has(message.from));
    for (const id of [1, 2, 3]) {
      expect(cluster.member(id).applied.map(({ command }) => command)).toEqual(['', 'a', 'b']);
    }
    expect(cluster.member(4).applied).toHaveLength(1);
  });

  it('does not commit what a minority has', () => {
    const cluster = elected(5);
    cluster.member(1).raft.propose([Buffer.from('a')]);
    cluster.stabilize((message) => message.to <= 2n && message.from <= 2n);
    expect(cluster.member(1).raft.commitIndex).toBe(2);
  });

  it.each([
    ['missing entries (a)', [1, 4, 4, 5, 5, 6]],
    ['far behind (b)', [1, 4]],
    ['extra entries (c)', [1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['another term at the end (d)', [1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['another history (e)', [1, 4, 4, 4]],
    ['a long other history (f)', [1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])('brings a follower to its own log: %s of figure 7', (_, terms) => {
    const cluster = clusterOf(3);
    preset(cluster.member(1), [1, 4, 4, 5, 5, 6, 6, 6], 7);
    preset(cluster.member(2), terms, 7);
    cluster.member(1).raft.campaign();
    // Member 3 stands for the majority that has nothing the leader lacks.
    cluster.stabilize();
    const log = (id: number): unknown => diskTerms(cluster.member(id));
    expect(log(2)).toEqual(log(1));
  });

  it('answers a conflict with a hint that skips the whole term', () => {
    const cluster = clusterOf(3);
    const member = cluster.member(1);
    preset(member, [2, 2, 2, 3, 3, 3, 3], 3);
    member.raft.step(append(5, [4, 7], [entry(8, 5)]));
    expect(answers(cluster, member)).toMatchObject([
      { type: 'appendEntriesResponse', reject: true, index: 7, rejectHint: 7, hintTerm: 3 },
    ]);
    member.raft.step(append(5, [2, 7], [entry(8, 5)]));
    expect(answers(cluster, member)).toMatchObject([
      { reject: true, index: 7, rejectHint: 4, hintTerm: 2 },
    ]);
  });

  it('does not commit beyond what the append has verified', () => {
    const { member } = become('follower');
    member.raft.step(append(2, [1, 1], [entry(2, 2), entry(3, 2)]));
    member.raft.step(append(3, [1, 1], [], 3));
    expect(member.raft.commitIndex).toBe(1);
  });

  it('does not let a shorter, older append cut off what a longer one has added', () => {
    const { member } = become('follower');
    member.raft.step(append(2, [1, 1], [entry(2, 2), entry(3, 2)]));
    member.raft.step(append(2, [1, 1], [entry(2, 2)]));
    expect(member.raft.lastIndex).toBe(3);
  });
});

/** The disk of a member that was there before: the entries after 1/1 and the current term. */
function preset(member: Member, terms: readonly number[], term: number): void {
  member.disk.append(terms.map((entryTerm, i) => entry(i + 2, entryTerm, `${entryTerm}`)));
  member.disk.setHardState({ term: Term(term), vote: memberId(0), commit: RaftIndex(1) });
  member.restart();
}

function diskTerms({ disk }: Member): number[] {
  const entries = disk.entries(disk.firstIndex(), RaftIndex(disk.lastIndex() + 1), Infinity);
  return typeof entries === 'string' ? [] : entries.map(({ term }) => term);
}

describe('election restriction (Raft 5.4.1)', () => {
  it.each([
    ['an equal log', [3, 4], true],
    ['a longer log', [3, 5], true],
    ['a shorter log', [3, 3], false],
    ['a later last term, shorter', [4, 2], true],
    ['an earlier last term, longer', [2, 9], false],
  ] as const)('a voter compares last term, then length: %s', (_, last, granted) => {
    const cluster = clusterOf(3);
    const member = cluster.member(1);
    preset(member, [2, 2, 3], 3);
    member.raft.step(voteRequest(2, 4, [...last]));
    expect(answers(cluster, member)).toMatchObject([
      { type: 'requestVoteResponse', reject: !granted },
    ]);
  });
});

describe('committing entries of earlier terms (Raft 5.4.2)', () => {
  it('counts replicas only for entries of the own term: figure 8', () => {
    const cluster = clusterOf(3);
    const leader = cluster.member(1);
    preset(leader, [2, 3], 3);
    preset(cluster.member(2), [2], 3);
    leader.raft.campaign();
    const { raft } = leader;
    leader.settle();
    const { term, id: to } = raft;
    raft.step({ type: 'requestVoteResponse', from: memberId(2), to, term, reject: false });
    leader.settle();
    expect(raft.isLeader).toBe(true);
    const match = (index: number): Message => ({
      type: 'appendEntriesResponse',
      from: memberId(2),
      to,
      term,
      index: RaftIndex(index),
      reject: false,
      rejectHint: RaftIndex(0),
      hintTerm: Term(0),
    });
    raft.step(match(3));
    expect(raft.commitIndex).toBe(1);
    raft.step(match(4));
    expect(raft.commitIndex).toBe(4);
  });
});

describe('lease reads (thesis 6.4.1)', () => {
  it('are answered without a round', () => {
    const cluster = elected(3, { readOnly: 'lease', checkQuorum: true });
    const leader = cluster.member(1);
    leader.raft.readIndex(Buffer.from('r'));
    expect(leader.takeReady()).toMatchObject({ readStates: [{ index: 2 }], messages: [] });
  });

  it('are not to be had without the check that makes a lease', () => {
    expect(() => clusterOf(3, { readOnly: 'lease' })).toThrow('checkQuorum');
  });
});

import { EMPTY_BYTES, RaftIndex, Term } from '@etcd-ts/foundation';
import { Cluster, memberId, SHORTEST, voters } from './harness/cluster.js';
import type { Member } from './harness/member.js';
import type { Entry } from './types.js';

const OPTIONS = { checkQuorum: true, preVote: true };

describe('signs of life', () => {
  let cluster: Cluster;
  let leader: Member;

  beforeEach(() => {
    cluster = new Cluster();
    for (const id of [1, 2, 3]) cluster.add(id, voters(1, 2, 3), OPTIONS, SHORTEST);
    leader = cluster.member(1);
    leader.raft.campaign();
    cluster.stabilize();
    expect(leader.raft.isLeader).toBe(true);
  });

  function show(member: Member): void {
    for (const message of member.raft.signsOfLife())
      cluster.member(Number(message.to)).raft.step(message);
  }

  it('keep the followers of a busy leader from electing another', () => {
    for (let ticks = 0; ticks < 20; ticks++) {
      for (const id of [2, 3]) cluster.member(id).raft.tick();
      show(leader);
    }
    cluster.stabilize(({ to }) => to !== leader.id);
    expect([2, 3].map((id) => cluster.member(id).raft.status().role)).toEqual([
      'follower',
      'follower',
    ]);
    expect(cluster.member(2).raft.leader).toBe(leader.id);
  });

  it('keep a leader whose followers are busy in its office', () => {
    for (let ticks = 0; ticks < 20; ticks++) {
      leader.raft.tick();
      show(cluster.member(2));
    }
    expect(leader.raft.isLeader).toBe(true);
    for (let ticks = 0; ticks < 20; ticks++) leader.raft.tick();
    expect(leader.raft.isLeader).toBe(false);
  });

  it('confirm no read that waits for a quorum', () => {
    leader.raft.readIndex(Buffer.from('read'));
    for (const id of [2, 3]) show(cluster.member(id));
    leader.settle();
    expect(leader.reads).toEqual([]);
    expect(leader.raft.signsOfLife().map((sign) => 'context' in sign && sign.context)).toEqual([
      EMPTY_BYTES,
      EMPTY_BYTES,
    ]);
  });

  it('let nobody commit what it is not known to have', () => {
    leader.raft.propose([Buffer.from('a')]);
    cluster.stabilize(({ to }) => to !== memberId(3));
    const commits = leader.raft
      .signsOfLife()
      .map((sign) => [sign.to, sign.type === 'heartbeat' && sign.commit]);
    expect(leader.raft.commitIndex).toBe(3);
    expect(commits).toEqual([
      [memberId(2), 3],
      [memberId(3), 2],
    ]);
  });

  it('come from nobody whose term is not on disk yet, and from nobody without a leader', () => {
    const follower = cluster.member(2);
    for (let ticks = 0; ticks < 20; ticks++) follower.raft.tick();
    expect(follower.raft.signsOfLife()).toEqual([]);
    leader.raft.propose([Buffer.from('a')]);
    expect(leader.raft.signsOfLife()).toHaveLength(2);
    const third = cluster.member(3);
    const from = memberId(2);
    const term = Term(third.raft.term + 1);
    const commit = third.raft.commitIndex;
    const { lastIndex: previousIndex, term: previousTerm } = third.raft;
    const entry = { type: 'normal', term, index: RaftIndex(previousIndex + 1), data: EMPTY_BYTES };
    third.raft.step({
      ...{ type: 'appendEntries', from, to: third.id, term, commit },
      ...{ previousIndex, previousTerm, entries: [entry as Entry] },
    });
    expect([third.raft.leader, third.raft.signsOfLife()]).toEqual([from, []]);
    third.settle();
    expect(third.raft.signsOfLife()).toMatchObject([{ type: 'heartbeatResponse', to: from, term }]);
  });
});

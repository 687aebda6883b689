import { EMPTY_BYTES } from '@etcd-ts/foundation';
import { memberId } from './harness/cluster.js';
import type { Member } from './harness/member.js';
import { clusterOf, entry, append, voteRequest, become } from './harness/scenario.js';
import type { MessageType } from './message.js';

/** What waits for the disk, and what may go ahead of it. All members start at 1/1, term 1. */

describe('persisted state (thesis 3.8)', () => {
  const sentAtOnce = (member: Member): MessageType[] =>
    member.takeReady().messages.map(({ type }) => type);

  it('a vote, a promise to have entries and a request for votes wait for the disk', () => {
    const { member } = become('follower');
    member.raft.step(voteRequest(2, 5, [1, 1]));
    member.raft.step(append(5, [1, 1], [entry(2, 5)]));
    expect(sentAtOnce(member)).toEqual([]);
    const candidate = clusterOf(3).member(1);
    candidate.raft.campaign();
    expect(sentAtOnce(candidate)).toEqual([]);
  });

  it('a leader sends entries while its own disk works, but not of a term it could still forget', () => {
    const cluster = clusterOf(3);
    const leader = cluster.member(1);
    leader.raft.campaign();
    leader.settle();
    const { term, id: to } = leader.raft;
    leader.raft.step({ type: 'requestVoteResponse', from: memberId(2), to, term, reject: false });
    expect(sentAtOnce(leader)).toEqual([]);
    leader.persist();
    leader.raft.propose([Buffer.from('a')]);
    leader.raft.reportUnreachable(memberId(2));
    leader.raft.tick();
    expect(sentAtOnce(leader)).toContain('heartbeat');
  });

  it('one voter commits nothing that its disk has not acknowledged', () => {
    const member = clusterOf(1).member(1);
    member.raft.campaign();
    member.raft.propose([Buffer.from('a')]);
    expect(member.takeReady().committedEntries).toEqual([]);
    expect(member.raft.commitIndex).toBe(1);
    expect(member.raft.hasReady()).toBe(false);
    member.persist();
    expect(member.takeReady().committedEntries).toHaveLength(2);
  });

  it('one voter that restarts reads nothing before it has committed in its new term', () => {
    const member = clusterOf(1).member(1);
    member.raft.campaign();
    member.raft.propose([Buffer.from('a')]);
    member.takeReady();
    member.persist();
    // The commit index was never written: after the crash the disk has only the entries.
    member.restart();
    member.raft.campaign();
    member.raft.readIndex(EMPTY_BYTES);
    expect(member.takeReady().readStates).toEqual([]);
    member.persist();
    expect(member.takeReady().readStates).toMatchObject([{ index: 4 }]);
  });

  it('bounds what is handed out and not yet applied', () => {
    const member = clusterOf(1, { maxCommittedSizePerReadyBytes: 100 }).member(1);
    member.raft.campaign();
    member.settle();
    member.raft.propose(Array.from({ length: 5 }, () => Buffer.alloc(40)));
    member.takeReady();
    member.persist();
    expect(member.takeReady().committedEntries).toHaveLength(1);
    expect(member.takeReady().committedEntries).toHaveLength(1);
    expect(member.raft.hasReady()).toBe(false);
    member.apply();
    expect(member.takeReady().committedEntries).toHaveLength(1);
  });
});

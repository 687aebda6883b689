import { EMPTY_BYTES, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import { settle } from '@etcd-ts/manual-time';
import type { Entry, Message } from '@etcd-ts/raft';
import { encodeConfChange } from '@etcd-ts/wire-protocol';

import { append, LOCAL, OTHER, setUp } from './testing/raft-loop-fixture.js';
import type { SetUp } from './testing/raft-loop-fixture.js';

const YES = { from: OTHER, to: LOCAL, term: Term(1), reject: false } as const;

async function leadTwo({ loop, time, raft }: SetUp): Promise<void> {
  loop.start();
  await time.advance(2000);
  for (const type of ['requestPreVoteResponse', 'requestVoteResponse'] as const) {
    loop.receive({ ...YES, type });
    await settle();
  }
  expect(raft.isLeader).toBe(true);
}

/** The other one has everything up to there. */
async function acknowledge({ loop }: SetUp, index: number): Promise<void> {
  const rejected = { rejectHint: RaftIndex(0), hintTerm: Term(0) };
  const type = 'appendEntriesResponse';
  loop.receive({ ...YES, ...rejected, type, index: RaftIndex(index) });
  await settle();
}

const heardCommits = ({ sent }: SetUp): number[] =>
  sent.flatMap((message) => ('commit' in message ? [message.commit] : []));

describe('the raft loop among others', () => {
  it('tells nobody that a change of the members is committed, and does not follow it, before that is on disk', async () => {
    for (const diskFails of [false, true]) {
      const parts = setUp([LOCAL, OTHER]);
      await leadTwo(parts);
      await acknowledge(parts, 2);
      const removal = { id: 1n, type: 'removeNode', nodeId: OTHER, context: EMPTY_BYTES } as const;
      parts.loop.tell((raft) => raft.proposeConfChange(removal, encodeConfChange(removal)));
      await settle();
      parts.writer.isHeld = true;
      await acknowledge(parts, 3);
      await parts.time.advance(300);
      expect(parts.raft.status().commit).toBe(3);
      expect([Math.max(...heardCommits(parts)), parts.raft.appliedIndex]).toEqual([2, 2]);
      if (diskFails) parts.writer.fail(new Error('EIO'));
      else parts.writer.release();
      await settle();
      const reached = diskFails ? 2 : 3;
      expect([Math.max(...heardCommits(parts)), parts.raft.appliedIndex]).toEqual([
        reached,
        reached,
      ]);
    }
  });

  it('asks for votes only when its own is on disk', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    await parts.time.advance(2000);
    parts.writer.isHeld = true;
    parts.loop.receive({
      type: 'requestPreVoteResponse',
      from: OTHER,
      to: LOCAL,
      term: Term(1),
      reject: false,
    });
    await settle();
    expect(parts.raft.status()).toMatchObject({ role: 'candidate', term: 1 });
    expect(parts.sent.filter(({ type }) => type === 'requestVote')).toEqual([]);
    parts.writer.release();
    await settle();
    expect(parts.sent.filter(({ type }) => type === 'requestVote')).toHaveLength(1);
  });

  it('takes in a snapshot, and the members it names, only after a change of them that waits for the disk', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    const third = MemberId(3n);
    const data = encodeConfChange({
      id: 1n,
      type: 'addLearnerNode',
      nodeId: third,
      context: EMPTY_BYTES,
    });
    const change: Entry = { type: 'confChange', term: Term(2), index: RaftIndex(2), data };
    parts.loop.receive({ ...append(1), entries: [change], commit: RaftIndex(1) } as Message);
    await settle();
    parts.writer.isHeld = true;
    parts.loop.receive({ ...append(2), entries: [], commit: RaftIndex(2) } as Message);
    await settle();
    const { confState } = parts.raft;
    const metadata = {
      confState: { ...confState, voters: [LOCAL, OTHER, third] },
      index: RaftIndex(300),
      term: Term(2),
    };
    parts.loop.receive({
      type: 'installSnapshot',
      from: OTHER,
      to: LOCAL,
      term: Term(2),
      snapshot: { data: EMPTY_BYTES, metadata },
    } as Message);
    await settle();
    expect([parts.raft.confState.voters, parts.raft.appliedIndex]).toEqual([[LOCAL, OTHER], 1]);
    parts.writer.release();
    await settle();
    expect(parts.raft.appliedIndex).toBe(2);
    expect(parts.raft.confState.voters).toEqual([LOCAL, OTHER, third]);
  });

  it('acknowledges an append only when it, and all before it, is on disk', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    parts.loop.receive(append(1, 2));
    await settle();
    // Nothing to write, but it speaks of what is still being written.
    parts.loop.receive(append(2));
    await settle();
    expect(parts.sent).toEqual([]);
    parts.writer.release();
    await settle();
    expect(parts.sent.map((message) => 'index' in message && message.index)).toEqual([2, 2]);
  });

  it('neither leads nor campaigns while its disk takes no writes', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    parts.loop.receive(append(1, 2));
    await parts.time.advance(1100);
    const { role, term } = parts.raft.status();
    await parts.time.advance(10_000);
    expect(parts.raft.status()).toMatchObject({ role, term });
    expect(parts.sent).toEqual([]);
    parts.writer.release();
    await parts.time.advance(3000);
    expect(parts.sent.map(({ type }) => type)).toContain('requestPreVote');
  });

  it('is not stalled by answers that have nothing to write', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    parts.loop.receive(append(1, 2));
    await settle();
    parts.loop.receive(append(2));
    await settle();
    parts.writer.release();
    await parts.time.advance(5000);
    expect(parts.sent.map(({ type }) => type)).toContain('requestPreVote');
  });

  it('takes no more appends than it may hold for the disk', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.writer.isHeld = true;
    const large = Buffer.alloc(128 * 1024 * 1024 + 1);
    for (const index of [1, 2]) {
      expect(parts.loop.receive(append(index, index + 1, large))).toBe('taken');
      await settle();
    }
    expect(parts.loop.receive(append(3, 4))).toBe('full');
    parts.writer.release();
    await settle();
    expect(parts.loop.receive(append(3, 4))).toBe('taken');
  });

  it('shows once a tick that it lives while something holds its thread', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.loop.receive(append(1, 2));
    await settle();
    parts.sent.length = 0;
    for (let heldMs = 10; heldMs <= 1000; heldMs += 10) {
      parts.time.hold(10);
      parts.loop.showLife();
    }
    expect(parts.sent).toHaveLength(10);
    expect(parts.sent[9]).toMatchObject({ type: 'heartbeatResponse', to: OTHER, term: 2 });
    await parts.loop.stop();
    parts.time.hold(1000);
    parts.loop.showLife();
    expect(parts.sent).toHaveLength(10);
  });
});

import { Term } from '@etcd-ts/foundation';
import { settle } from '@etcd-ts/manual-time';

import { append, LOCAL, OTHER, setUp } from './testing/raft-loop-fixture.js';

describe('the raft loop among others', () => {
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

import { settle } from '@etcd-ts/manual-time';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { append, LOCAL, OTHER, setUp } from './testing/raft-loop-fixture.js';
import type { SetUp } from './testing/raft-loop-fixture.js';

async function lead({ loop, raft }: SetUp): Promise<void> {
  loop.start();
  loop.campaignIfAlone();
  await settle();
  expect(raft.isLeader).toBe(true);
}

describe('the raft loop', () => {
  it('applies and acknowledges only what an fsync has made durable', async () => {
    const parts = setUp();
    await lead(parts);
    parts.writer.isHeld = true;
    let acknowledged = false;
    const write = parts.propose('a').then(() => (acknowledged = true));
    await parts.time.advance(1000);
    expect(parts.writer.appended.at(-1)?.data.toString()).toBe('a');
    expect([parts.texts().includes('a'), acknowledged]).toEqual([false, false]);
    parts.writer.release();
    await write;
    expect(parts.texts().at(-1)).toBe('a');
  });

  it('gathers the next batch while an fsync is under way', async () => {
    const parts = setUp();
    await lead(parts);
    const before = parts.writer.syncs;
    parts.writer.isHeld = true;
    const writes = Array.from({ length: 100 }, (_, i) => parts.propose(`first ${i}`));
    await settle();
    writes.push(...Array.from({ length: 100 }, (_, i) => parts.propose(`second ${i}`)));
    await settle();
    expect(parts.writer.syncs - before).toBe(2);
    parts.writer.release();
    await Promise.all(writes);
    expect(parts.texts().slice(-200)).toEqual([
      ...Array.from({ length: 100 }, (_, i) => `first ${i}`),
      ...Array.from({ length: 100 }, (_, i) => `second ${i}`),
    ]);
  });

  it('lets the disk block the thread for a lone write, and for no other', async () => {
    const parts = setUp();
    await lead(parts);
    const before = parts.writer.blocking;
    await parts.propose('lone');
    expect(parts.writer.blocking - before).toBe(1);
    parts.writer.isHeld = true;
    const writes = [parts.propose('one of two'), parts.propose('the other')];
    await settle();
    writes.push(parts.propose('behind them'));
    await settle();
    parts.writer.release();
    await Promise.all(writes);
    expect(parts.writer.blocking - before).toBe(1);
  });

  it('never lets the disk block a member that others wait for', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.loop.receive(append(1, 2));
    await settle();
    expect(parts.writer.appended).toHaveLength(1);
    expect(parts.writer.blocking).toBe(0);
  });

  it('never acknowledges after a write has failed, whatever comes later', async () => {
    const parts = setUp();
    await lead(parts);
    parts.writer.isHeld = true;
    const applied = parts.texts().length;
    void parts.propose('a');
    await settle();
    parts.writer.isHeld = false;
    void parts.propose('b');
    parts.writer.fail(new Error('EIO'));
    await settle();
    await parts.time.advance(5000);
    expect(parts.failures.map(({ message }) => message)).toEqual(['EIO']);
    expect(parts.texts()).toHaveLength(applied);
    expect((await parts.loop.stop())?.message).toBe('EIO');
  });

  it('keeps proposals and reads that come before there is a leader', async () => {
    const parts = setUp();
    parts.loop.start();
    const write = parts.propose('early');
    const read = parts.reads.wait();
    await settle();
    expect(parts.texts()).toEqual([]);
    parts.loop.campaignIfAlone();
    // Neither needs the retry of a round that raft has dropped.
    await Promise.all([write, read]);
    expect(parts.time.monotonicMs()).toBe(0);
  });

  it('answers a read at once when it is alone', async () => {
    const parts = setUp();
    await lead(parts);
    await parts.propose('a');
    const read = parts.reads.wait();
    parts.loop.wake();
    await read;
    expect(parts.time.monotonicMs()).toBe(0);
  });

  it('asks again for a read index that raft has dropped', async () => {
    const parts = setUp();
    await lead(parts);
    jest.spyOn(parts.raft, 'readIndex').mockReturnValueOnce('dropped');
    let isDone = false;
    void parts.reads.wait().then(() => (isDone = true));
    parts.loop.wake();
    await parts.time.advance(400);
    expect(isDone).toBe(false);
    await parts.time.advance(200);
    expect(isDone).toBe(true);
  });

  it('tells callers, and counts, what raft refuses to hold', async () => {
    const parts = setUp([LOCAL], 1000);
    await lead(parts);
    parts.writer.isHeld = true;
    const first = parts.propose('x'.repeat(900));
    await settle();
    await expect(parts.propose('y'.repeat(900))).rejects.toThrow(
      ERRORS.RequestTooManyRequests.message,
    );
    expect(parts.dropped).toEqual([1]);
    parts.writer.release();
    await first;
  });

  it('does not campaign before its time unless it is the only voter', async () => {
    const parts = setUp([LOCAL, OTHER]);
    parts.loop.start();
    parts.loop.campaignIfAlone();
    await settle();
    expect(parts.raft.status().role).toBe('follower');
    expect(parts.failures).toEqual([]);
  });

  it('fails when an entry cannot be applied, and applies none after it', async () => {
    const parts = setUp();
    await lead(parts);
    jest.spyOn(parts.machine, 'apply').mockImplementationOnce(() => {
      throw new Error('poison');
    });
    void parts.propose('a');
    await settle();
    void parts.propose('b');
    await parts.time.advance(1000);
    expect(parts.failures.map(({ message }) => message)).toEqual(['poison']);
    expect(parts.texts()).not.toContain('b');
  });
});

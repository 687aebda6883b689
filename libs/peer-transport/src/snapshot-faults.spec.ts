import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { InstallSnapshot } from '@etcd-ts/raft';
import { SnapshotDirectory } from './testing/snapshot-directory.js';
import { hurriedTime } from './testing/hurried-time.js';
import { snapshot } from './testing/messages.js';
import { until } from './testing/real-time.js';
import type { MemberSetup } from './testing/test-member.js';
import type { SnapshotContent } from './transport-options.js';
import { cleanups, endWithEachTest, proxyTo, start } from './testing/stage.js';

endWithEachTest();

describe('a snapshot', () => {
  const CHUNK = Buffer.alloc(64 * 1024, 'snapshot');
  let closed = 0;
  let produced = 0;

  beforeEach(() => {
    closed = 0;
    produced = 0;
  });

  const content =
    (
      chunks: number,
      failAt = Infinity,
      sizeBytes = chunks * CHUNK.length,
      between: () => Promise<void> = () => Promise.resolve(),
    ) =>
    (message: InstallSnapshot): Promise<SnapshotContent> =>
      Promise.resolve({
        message,
        sizeBytes,
        chunks: (async function* () {
          for (let i = 0; i < chunks; i++) {
            await between();
            if (i === failAt) throw new Error('disk gone');
            produced++;
            yield CHUNK;
          }
        })(),
        close: () => closed++,
      });

  async function receiver(setup: Partial<MemberSetup> = {}) {
    const path = await mkdtemp(joinPath(tmpdir(), 'peer-snapshot-'));
    cleanups.push(() => rm(path, { recursive: true }));
    const snapshotSink = await SnapshotDirectory.open(path);
    return { path, b: await start({ ...setup, id: 2n, snapshotSink }) };
  }

  it('arrives whole, on disk before raft hears of it, with little of it in memory', async () => {
    const { path, b } = await receiver();
    const a = await start({ id: 1n });
    a.transport.addPeer(b.id, [b.url]);
    a.openSnapshot = content(1600);
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }, 5);
    a.transport.send([snapshot(a, b, 77)]);
    await until('it is there', () => a.raft.snapshots.length === 1);
    clearInterval(watch);
    expect(a.raft.snapshots).toEqual(['finish']);
    expect(b.raft.received).toEqual([snapshot(a, b, 77)]);
    const file = await readFile(joinPath(path, '000000000000004d.snap.db'));
    expect(file.length).toBe(1600 * CHUNK.length);
    expect(file.subarray(-CHUNK.length).equals(CHUNK)).toBe(true);
    expect(peak).toBeLessThan(60e6);
    expect(closed).toBe(1);
    expect(a.observer.lines).toContain('snapshot to 2 sent');
    expect(a.log.has('info sent database snapshot')).toBe(true);
    expect(b.log.has('info received and saved database snapshot')).toBe(true);
  });

  it('arrives although its source is slower than the wire', async () => {
    const { b } = await receiver();
    const a = await start({ id: 1n });
    a.transport.addPeer(b.id, [b.url]);
    const idle = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
    a.openSnapshot = content(10, Infinity, 10 * CHUNK.length, idle);
    a.transport.send([snapshot(a, b, 77)]);
    await until('it is there', () => a.raft.snapshots.length === 1);
    expect(a.raft.snapshots).toEqual(['finish']);
  });

  it.each([
    ['whose source fails', content(100, 50)],
    ['whose source brings too little', content(10, Infinity, 11 * CHUNK.length)],
    ['whose source brings too much', content(10, Infinity, 9 * CHUNK.length)],
    ['that cannot be opened', () => Promise.reject(new Error('none'))],
  ])('%s leaves nothing behind and fails', async (_, openSnapshot) => {
    const { path, b } = await receiver();
    const a = await start({ id: 1n });
    a.transport.addPeer(b.id, [b.url]);
    a.openSnapshot = openSnapshot;
    a.transport.send([snapshot(a, b, 77)]);
    await until('it failed', () => a.raft.snapshots.length === 1);
    expect(a.raft.snapshots).toEqual(['failure']);
    expect(a.raft.unreachable).toEqual([b.id]);
    await until('the receiver has noticed', () => {
      return !b.log.has('receiving database') || b.log.has('failed to save incoming');
    });
    expect(await readdir(path)).toEqual([]);
    expect(b.raft.received).toEqual([]);
    expect(a.log.has('warn failed to send database snapshot')).toBe(true);
  });

  it('whose wire is cut leaves nothing behind and fails; the next one arrives', async () => {
    const { path, b } = await receiver();
    const toB = await proxyTo(b);
    const a = await start({ id: 1n });
    a.transport.addPeer(b.id, [toB.url]);
    a.openSnapshot = content(10_000);
    a.transport.send([snapshot(a, b, 77)]);
    await until('it is under way', () => produced > 100);
    toB.cut();
    await until('it failed', () => a.raft.snapshots.length === 1);
    expect(a.raft.snapshots).toEqual(['failure']);
    expect(closed).toBe(1);
    await until('the receiver has noticed', () => b.log.has('failed to save incoming'));
    expect(await readdir(path)).toEqual([]);
    a.openSnapshot = content(10);
    a.transport.send([snapshot(a, b, 78)]);
    await until('the next one is there', () => a.raft.snapshots.length === 2);
    expect(await readdir(path)).toEqual(['000000000000004e.snap.db']);
  });

  it('waits for a slow receiver, and is given up if that takes nothing for 5 seconds', async () => {
    const { b } = await receiver();
    const toB = await proxyTo(b);
    const a = await start({ id: 1n, ...hurriedTime(10) });
    a.transport.addPeer(b.id, [toB.url]);
    a.openSnapshot = content(100_000);
    a.transport.send([snapshot(a, b, 77)]);
    await until('it is under way', () => produced > 10);
    toB.mute = true;
    await until('it failed', () => a.raft.snapshots.length === 1);
    expect(a.log.has('failed to send database snapshot: i/o timeout')).toBe(true);
    // Of 6.5 GB, what lay in the buffers of the machine.
    expect(produced).toBeLessThan(2_000);
  });

  it('is not sent twice at the same time: one end stands for both', async () => {
    const { b } = await receiver();
    const a = await start({ id: 1n });
    a.transport.addPeer(b.id, [b.url]);
    a.openSnapshot = content(100);
    a.transport.send([snapshot(a, b, 77), snapshot(a, b, 77)]);
    await until('it is there', () => a.raft.snapshots.length > 0);
    expect(a.raft.snapshots).toEqual(['finish']);
    expect(b.raft.received).toHaveLength(1);
  });

  it('refused by a removed member stops this one without sending the rest', async () => {
    const { b } = await receiver();
    const a = await start({ id: 1n });
    b.raft.removedMembers.add(a.id);
    a.transport.addPeer(b.id, [b.url]);
    a.openSnapshot = content(100_000);
    a.transport.send([snapshot(a, b, 77)]);
    await until('it failed', () => a.raft.snapshots.length === 1);
    expect(a.raft.removed).toBe(1);
    expect(produced).toBeLessThan(50_000);
  });
});

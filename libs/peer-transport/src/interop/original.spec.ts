import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterId, MemberId } from '@etcd-ts/foundation';
import { InternalRaftRequest } from '@etcd-ts/wire-protocol';
import { SnapshotDirectory } from '../testing/snapshot-directory.js';
import { snapshot } from '../testing/messages.js';
import { until } from '../testing/real-time.js';
import { eventually, freePort, Original, ORIGINAL_INSTALLED } from './original.js';
import { RaftMember } from './raft-member.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Two members of the original and the third, which is ours, not started yet. */
async function cluster(flags: readonly string[] = []) {
  const ports = await Promise.all([1, 2, 3, 4, 5].map(freePort));
  const [peer1 = 0, peer2 = 0, peer3 = 0, client1 = 0, client2 = 0] = ports;
  const url = `http://127.0.0.1:${peer3}`;
  const initialCluster = `n1=http://127.0.0.1:${peer1},n2=http://127.0.0.1:${peer2},n3=${url}`;
  const [n1, n2] = [
    new Original({ name: 'n1', clientPort: client1, peerPort: peer1, initialCluster, flags }),
    new Original({ name: 'n2', clientPort: client2, peerPort: peer2, initialCluster, flags }),
  ];
  cleanups.push(
    () => n1.dispose(),
    () => n2.dispose(),
  );
  const { cluster, members } = await eventually('n1 names its members', () => n1.identify());
  const idOf = (peerUrl: string): MemberId => MemberId(members.get(peerUrl) ?? 0n);
  const startOurs = async (directory: SnapshotDirectory): Promise<RaftMember> => {
    const ours = await RaftMember.start({
      id: idOf(url),
      clusterId: ClusterId(cluster),
      url,
      peers: new Map([n1, n2].map(({ peerUrl }) => [idOf(peerUrl), peerUrl])),
      snapshotSink: directory,
    });
    cleanups.push(() => ours.stop());
    return ours;
  };
  return { n1, n2, startOurs };
}

async function snapshotDirectory(): Promise<{ path: string; directory: SnapshotDirectory }> {
  const path = await mkdtemp(join(tmpdir(), 'interop-snapshots-'));
  cleanups.push(() => rm(path, { recursive: true }));
  return { path, directory: await SnapshotDirectory.open(path) };
}

let nextRequestId = 1n;

/** A put as etcd's log has it. */
function putRequest(key: string, value: string): Uint8Array {
  return InternalRaftRequest.encode(
    InternalRaftRequest.fromPartial({
      header: { ID: nextRequestId++ },
      put: { key: Buffer.from(key), value: Buffer.from(value) },
    }),
  ).finish();
}

(ORIGINAL_INSTALLED ? describe : describe.skip)('beside members of etcd 3.4', () => {
  it('follows, votes, forwards, reads, leads, and is followed', async () => {
    const { n1, n2, startOurs } = await cluster();
    const ours = await startOurs((await snapshotDirectory()).directory);

    await eventually('the cluster serves', () => n1.put('a', '1'));
    const log = (): string =>
      Buffer.concat(ours.applied.map(({ data }) => data)).toString('latin1');
    await n2.put('b', 'through-n2');
    await until('our log has what was written', () => log().includes('through-n2'));

    // With n2 gone nothing is committed without our copy.
    await n2.kill();
    await eventually('one of the original and ours are enough', () => n1.put('c', 'without-n2'));
    await until('our log has it', () => log().includes('without-n2'));
    expect(await n1.get('c')).toBe('without-n2');

    // Which of the two that are left leads is luck; first the original is to.
    const [n1Id = MemberId(0n)] = [...ours.raft.confState.voters].filter((id) =>
      ours.transport.activeSince(id),
    );
    if (ours.raft.isLeader) {
      ours.raft.transferLeadership(n1Id);
      ours.pump();
    }
    await until('the original leads', () => ours.raft.leader === n1Id);
    ours.raft.propose([putRequest('d', 'proposed by us')]);
    ours.pump();
    await eventually('it is applied', async () => (await n1.get('d')) === 'proposed by us');

    ours.raft.readIndex(Buffer.from('read-ctx'));
    ours.pump();
    await until('our read is confirmed', () => ours.reads.length === 1);
    expect(Buffer.from(ours.reads[0]?.requestContext ?? []).toString()).toBe('read-ctx');

    ours.raft.transferLeadership(ours.raft.id);
    ours.pump();
    await until('the original has given us the lead', () => ours.raft.isLeader);
    ours.raft.propose([putRequest('e', 'led by us')]);
    ours.pump();
    // A linearizable read of a follower: its read index is ours to confirm.
    await eventually('the original follows', async () => (await n1.get('e')) === 'led by us');
    await eventually('the original forwards to us', () => n1.put('f', 'forwarded'));

    // One that it does not need: it stores the content, sees that, and is content.
    ours.transport.send([
      { ...snapshot({ id: ours.raft.id }, { id: n1Id }, 1), term: ours.raft.term },
    ]);
    await until('the original has taken our snapshot', () => ours.snapshotReports.length === 1);
    expect(ours.snapshotReports).toEqual(['finish']);

    n2.restart();
    await eventually('n2 catches up', async () => (await n2.get('f')) === 'forwarded');
    expect(ours.raft.isLeader).toBe(true);
    expect(ours.observer.receiveFailures).toBe(0);
    expect(ours.log.has('unexpected')).toBe(false);
  });

  it('takes a snapshot of the original when its log is cut', async () => {
    const { n1, n2, startOurs } = await cluster(['--snapshot-count', '50']);
    await eventually('the cluster serves', () => n1.put('a', '1'));
    // The original keeps 5000 entries for those behind.
    const writers = Array.from({ length: 40 }, async (_, writer) => {
      for (let i = 0; i < 140; i++) await (writer % 2 ? n1 : n2).put(`k${writer}-${i}`, 'v');
    });
    await Promise.all(writers);
    const { path, directory } = await snapshotDirectory();
    const ours = await startOurs(directory);
    await until('a snapshot was installed', () => ours.installed > 0);
    await until('the log goes on behind it', () => ours.raft.appliedIndex > ours.installed);
    expect(await readdir(path)).toContain(
      `${ours.installed.toString(16).padStart(16, '0')}.snap.db`,
    );
    const file = await open(directory.pathOf(ours.installed));
    const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
    await file.close();
    // bbolt's magic number in its first page.
    expect(buffer.readUInt32LE(16)).toBe(0xed0cdaed);
    await n2.kill();
    await eventually('we count for the quorum', () => n1.put('z', 'with us'));
  });
});

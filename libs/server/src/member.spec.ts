import fs from 'node:fs';
import { join } from 'node:path';
import { Backend } from '@etcd-ts/storage';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { SYSTEM_CLOCK } from './system-time.js';
import { MemberFixture, memberConfig, recordingLogger, sample } from './testing/member-fixture.js';
import { contents, get, put } from './testing/requests.js';

const fixture = new MemberFixture();
afterEach(() => fixture.close());
// Restarts read the log back; with other work on the machine that takes its time.
describe('a member', () => {
  it('is ready once its name and URLs are in the log, as the leader of its first term', async () => {
    const { member, lines, metrics } = await fixture.start(fixture.directory());
    const { facts, cluster } = member.server;
    expect(facts.leader()).toBe(facts.header().memberId);
    expect(facts.header()).toMatchObject({ revision: 1, raftTerm: 2 });
    expect(cluster.knownMembers()).toMatchObject([
      { name: 'default', clientUrls: ['http://localhost:2379'] },
    ]);
    expect(lines.map(({ message }) => message)).toContain(
      'published local member to cluster through raft',
    );
    expect(await sample(metrics, 'etcd_server_leader_changes_seen_total')).toBe(1);
    expect(await sample(metrics, 'etcd_server_is_leader')).toBe(1);
  });

  it('reads what it has acknowledged', async () => {
    const { member } = await fixture.start(fixture.directory());
    expect(await put(member.server, 'a', '1')).toBe(2);
    expect(await put(member.server, 'a', '2')).toBe(3);
    expect(await get(member.server, 'a')).toBe('2');
    expect(await get(member.server, 'a', { revision: 2n })).toBe('1');
  });

  it('batches what is proposed together into few fsyncs', async () => {
    const { member, metrics } = await fixture.start(fixture.directory());
    const name = 'etcd_disk_wal_fsync_duration_seconds_count';
    const before = await sample(metrics, name);
    const puts = Array.from({ length: 1000 }, (_, i) => put(member.server, `k${i}`, 'v'));
    const revisions = await Promise.all(puts);
    expect(new Set(revisions).size).toBe(1000);
    expect((await sample(metrics, name)) - before).toBeLessThanOrEqual(10);
  });

  it('goes on after a restart where it was stopped', async () => {
    const directory = fixture.directory();
    const first = await fixture.start(directory);
    const ids = first.member.server.facts.header();
    await put(first.member.server, 'a', '1');
    await first.member.stop();
    expect(await first.member.stopped).toBeUndefined();

    const { member } = await fixture.start(directory, { name: 'renamed' });
    const { facts, cluster } = member.server;
    expect(facts.header()).toEqual({ ...ids, revision: 2, raftTerm: ids.raftTerm + 1 });
    expect(cluster.knownMembers()).toMatchObject([{ name: 'renamed' }]);
    expect(await get(member.server, 'a')).toBe('1');
    expect(await put(member.server, 'a', '2')).toBe(3);
  });

  it('has everything acknowledged after a crash, committed to its backend or not', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory, { backendBatchIntervalMs: 3_600_000 });
    for (let i = 0; i < 20; i++) await put(member.server, `k${i}`, `${i}`);
    const copy = fixture.crashedCopy(directory);
    const survivor = await fixture.start(copy);
    expect(await contents(survivor.member.server)).toEqual(await contents(member.server));
    expect(survivor.member.server.facts.header().revision).toBe(21);
  });

  it('refuses everything once it is stopped, and fails what is under way', async () => {
    const { member } = await fixture.start(fixture.directory());
    const underWay = put(member.server, 'a', '1');
    underWay.catch(() => undefined);
    const reading = get(member.server, 'a');
    reading.catch(() => undefined);
    await member.stop();
    await expect(underWay).rejects.toThrow(ERRORS.Stopped.message);
    await expect(reading).rejects.toThrow(ERRORS.Stopped.message);
    await expect(put(member.server, 'a', '1')).rejects.toThrow(ERRORS.Stopped.message);
    await expect(get(member.server, 'a')).rejects.toThrow(ERRORS.Stopped.message);
    await expect(member.server.maintenance.hashKv(0)).rejects.toThrow(ERRORS.Stopped.message);
    await expect(member.server.maintenance.hash()).rejects.toThrow(ERRORS.Stopped.message);
    expect(() => member.refreshMetrics()).not.toThrow();
  });

  it('can be stopped before it is ready, and twice', async () => {
    const { member } = await fixture.open(memberConfig(fixture.directory()));
    await Promise.all([member.stop(), member.stop()]);
    await expect(member.ready).rejects.toThrow(ERRORS.Stopped.message);
    expect(await member.stopped).toBeUndefined();
  });

  it('refuses a request larger than its limit before it is logged', async () => {
    const { member } = await fixture.start(fixture.directory(), { maxRequestBytes: 1000 });
    await expect(put(member.server, 'a', Buffer.alloc(1000))).rejects.toThrow(
      ERRORS.RequestTooLarge.message,
    );
    expect(await put(member.server, 'a', Buffer.alloc(900))).toBe(2);
  });
});

describe('a member that cannot be opened', () => {
  const opening = (directory: string, changes = {}) =>
    fixture.open(memberConfig(directory, changes));

  it('names the reason: nobody of the existing cluster answers', async () => {
    const changes = {
      initialClusterState: 'existing',
      initialCluster: 'default=http://localhost:2380,b=http://127.0.0.1:2480',
    };
    await expect(opening(fixture.directory(), changes)).rejects.toThrow(
      'cannot fetch cluster info from peer urls',
    );
  });

  it('leaves no lock behind', async () => {
    const directory = fixture.directory();
    await expect(opening(directory, { initialClusterState: 'existing' })).rejects.toThrow();
    const { member } = await fixture.start(directory);
    await member.stop();
  });

  it('refuses a directory in use', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory);
    await expect(opening(directory)).rejects.toThrow('in use by another process');
    expect(await put(member.server, 'a', '1')).toBe(2);
  });

  it('refuses a database without its log, and a log without its database', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory);
    await put(member.server, 'a', '1');
    await member.stop();
    const withoutLog = fixture.crashedCopy(directory);
    fs.rmSync(join(withoutLog, 'member', 'wal'), { recursive: true });
    await expect(opening(withoutLog)).rejects.toThrow('there is no write-ahead log');
    const withoutDatabase = fixture.crashedCopy(directory);
    const snap = join(withoutDatabase, 'member', 'snap');
    for (const name of fs.readdirSync(snap)) fs.rmSync(join(snap, name));
    await expect(opening(withoutDatabase)).rejects.toThrow('of the backend is missing');
    // The original is untouched by both.
    expect(await get((await fixture.start(directory)).member.server, 'a')).toBe('1');
  });

  it('refuses a database that is ahead of its log', async () => {
    const directory = fixture.directory();
    const first = await fixture.start(directory);
    await first.member.stop();
    const young = fixture.crashedCopy(directory);
    const second = await fixture.start(directory);
    for (let i = 0; i < 10; i++) await put(second.member.server, 'a', `${i}`);
    await second.member.stop();
    replaceDatabase(directory, young);
    await expect(opening(young)).rejects.toThrow(/do not belong together: entry \d+ is applied/u);
    // The refusal has released everything it had opened.
    await expect(opening(young)).rejects.toThrow('do not belong together');
  });

  it('refuses the database of another member', async () => {
    const directory = fixture.directory();
    const other = fixture.directory();
    const first = await fixture.start(directory);
    await first.member.stop();
    const second = await fixture.start(other, { initialClusterToken: 'another-cluster' });
    await second.member.stop();
    replaceDatabase(directory, other);
    await expect(opening(other)).rejects.toThrow('which the backend does not know');
  });

  it('refuses a cluster of a newer version', async () => {
    const directory = fixture.directory();
    const first = await fixture.start(directory);
    await first.member.stop();
    const logger = recordingLogger();
    const options = { logger, clock: SYSTEM_CLOCK, mustExist: true };
    const backend = Backend.open(databaseFile(directory), options);
    backend.bucketPut('cluster', Buffer.from('clusterVersion'), Buffer.from('3.8.0'));
    await backend.close();
    await expect(opening(directory)).rejects.toThrow(
      'server version is lower than determined cluster version',
    );
  });
});

function databaseFile(directory: string): string {
  const snap = join(directory, 'member', 'snap');
  const name = fs.readdirSync(snap).find((file) => !/\.snap$|-(wal|shm)$/u.test(file));
  return join(snap, name ?? 'missing');
}

function replaceDatabase(from: string, to: string): void {
  const source = join(from, 'member', 'snap');
  const target = join(to, 'member', 'snap');
  fs.rmSync(target, { recursive: true });
  fs.cpSync(source, target, { recursive: true });
}

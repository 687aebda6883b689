import fs from 'node:fs';
import { join } from 'node:path';
import { SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { Backend } from '@etcd-ts/storage';
import { LeaseRevokeRequest } from '@etcd-ts/wire-protocol';

import type { EtcdServer } from './etcd-server.js';
import { SYSTEM_CLOCK } from './system-time.js';
import { MemberFixture, recordingLogger } from './testing/member-fixture.js';
import { compact, contents, get, grant, put, remove } from './testing/requests.js';

const fixture = new MemberFixture();
afterEach(() => fixture.close());
// Restarts read the log back; with other work on the machine that takes its time.
/** Small enough that every run goes through several snapshots, with entries before and behind. */
const CHANGES = { snapshotCount: 7, snapshotCatchupEntries: 5, backendBatchIntervalMs: 5 };
const KEYS = 12;

/** What the member must hold: a map, its past, and the leases. */
class Model {
  values = new Map<string, string>();
  revision = 1;
  readonly past = new Map<number, ReadonlyMap<string, string>>();
  readonly leases = new Map<bigint, Set<string>>();
  compacted = 0;

  mutated(revision: number): void {
    expect(revision).toBe(this.revision + 1);
    this.revision = revision;
    this.past.set(revision, new Map(this.values));
  }

  put(key: string, value: string, lease: bigint): void {
    this.values.set(key, value);
    for (const keys of this.leases.values()) keys.delete(key);
    this.leases.get(lease)?.add(key);
  }

  delete(key: string): boolean {
    for (const keys of this.leases.values()) keys.delete(key);
    return this.values.delete(key);
  }
}

async function act(server: EtcdServer, model: Model, rng: Rng): Promise<void> {
  const key = `k${rng.below(KEYS)}`;
  const choice = rng.below(10);
  const leases = [...model.leases.keys()];
  if (choice < 5) {
    const value = `v${rng.below(1_000_000)}`;
    const lease = leases.length > 0 && rng.below(3) === 0 ? (leases[0] ?? 0n) : 0n;
    const revision = await put(server, key, value, lease);
    model.put(key, value, lease);
    model.mutated(revision);
  } else if (choice < 7) {
    const existed = model.delete(key);
    expect(await remove(server, key)).toBe(existed ? 1 : 0);
    if (existed) model.mutated(server.facts.header().revision);
  } else if (choice === 7) {
    model.leases.set(await grant(server, 3600), new Set());
  } else if (choice === 8 && leases[0] !== undefined) {
    const keys = [...(model.leases.get(leases[0]) ?? [])];
    await server.leases.revoke(LeaseRevokeRequest.create({ ID: leases[0] }));
    model.leases.delete(leases[0]);
    for (const attached of keys) model.delete(attached);
    if (keys.length > 0) model.mutated(server.facts.header().revision);
  } else if (model.revision - 3 > model.compacted) {
    model.compacted = model.revision - 3;
    await compact(server, model.compacted);
  }
}

async function compare(server: EtcdServer, model: Model): Promise<void> {
  expect(server.facts.header().revision).toBe(model.revision);
  expect(await contents(server)).toEqual(model.values);
  expect([...(await server.leases.list())].sort()).toEqual([...model.leases.keys()].sort());
  for (const [revision, values] of model.past) {
    if (revision < model.compacted || revision < model.revision - 8) continue;
    const key = `k${revision % KEYS}`;
    expect(await get(server, key, { revision: BigInt(revision) })).toBe(values.get(key));
  }
}

/** Writes of which only some were answered when the crash came. */
async function crashUnderWrites(
  directory: string,
  server: EtcdServer,
  model: Model,
): Promise<{ copy: string; acknowledged: ReadonlySet<string> }> {
  const acknowledged = new Set<string>();
  const writes = Array.from({ length: 20 }, (_, i) =>
    put(server, `w${i}`, `${model.revision}`).then(() => acknowledged.add(`w${i}`)),
  );
  await Promise.race(writes);
  // More follow while the first of them are on their way to the disk.
  const more = Array.from({ length: 20 }, (_, i) =>
    put(server, `x${i}`, `${model.revision}`).then(() => acknowledged.add(`x${i}`)),
  );
  await new Promise<void>((done) => setImmediate(done));
  const known = new Set(acknowledged);
  const copy = fixture.crashedCopy(directory);
  await Promise.all([...writes, ...more]);
  return { copy, acknowledged: known };
}

describe('a member that is killed and restarted again and again', () => {
  it.each([1, 2, 3])('holds what a map would, seed %i', async (seed) => {
    const rng = new SeededRng(seed);
    const model = new Model();
    let directory = fixture.directory();
    for (let life = 0; life < 3; life++) {
      const { member } = await fixture.start(directory, CHANGES);
      await compare(member.server, model);
      for (let i = 0; i < 40; i++) await act(member.server, model, rng);
      await compare(member.server, model);
      if (rng.below(2) === 0) {
        await member.stop();
      } else {
        const { copy, acknowledged } = await crashUnderWrites(directory, member.server, model);
        await fixture.stopAll();
        directory = copy;
        await adopt(copy, acknowledged, model);
      }
    }
  });

  it('reads back the same hash whether it stopped or crashed', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory, CHANGES);
    const rng = new SeededRng(7);
    const model = new Model();
    for (let i = 0; i < 60; i++) await act(member.server, model, rng);
    const before = await member.server.maintenance.hashKv(0);
    const survivor = await fixture.start(fixture.crashedCopy(directory), CHANGES);
    expect(await survivor.member.server.maintenance.hashKv(0)).toEqual(before);
    await member.stop();
    const restarted = await fixture.start(directory, CHANGES);
    expect(await restarted.member.server.maintenance.hashKv(0)).toEqual(before);
  });

  it('cuts its log behind snapshots, and needs only the newest of them', async () => {
    const directory = fixture.directory();
    const { member, lines } = await fixture.start(directory, CHANGES);
    for (let i = 0; i < 50; i++) await put(member.server, 'a', `${i}`);
    await member.stop();
    const saved = lines.filter(({ message }) => message === 'saved snapshot');
    expect(saved.length).toBeGreaterThanOrEqual(4);
    const again = await fixture.start(directory, CHANGES);
    const restarting = again.lines.find(({ message }) => message === 'restarting local member');
    expect(restarting?.fields['snapshot-index']).toBe(saved.at(-1)?.fields['snapshot-index']);
    expect(restarting?.fields['applied-index']).toBe(restarting?.fields['commit-index']);
    expect(await get(again.member.server, 'a')).toBe('49');
  });
});

/** Takes over what a crash left of unanswered writes, after checking all that was answered. */
async function adopt(
  directory: string,
  acknowledged: ReadonlySet<string>,
  model: Model,
): Promise<void> {
  const expected = `${model.revision}`;
  const { member } = await fixture.start(directory, CHANGES);
  const found = await contents(member.server);
  for (const key of acknowledged) expect(found.get(key)).toBe(expected);
  for (const [key, value] of model.values) {
    if (/^k/u.test(key)) expect(found.get(key)).toBe(value);
  }
  const { revision } = member.server.facts.header();
  expect(revision).toBeGreaterThanOrEqual(model.revision + acknowledged.size);
  model.values = new Map(found);
  model.revision = revision;
  await member.stop();
}

describe('a first start that a crash has torn', () => {
  it('is made again by the next one', async () => {
    const directory = fixture.directory();
    const { member } = await fixture.start(directory);
    const { memberId } = member.server.facts.header();
    await member.stop();
    const wal = join(directory, 'member', 'wal');
    const [segment] = fs.readdirSync(wal).filter((name) => name.endsWith('.wal'));
    const path = join(wal, segment ?? '');
    const snap = join(directory, 'member', 'snap');
    const size = fs.statSync(path).size;
    // The header was durable by itself; the first batch never reached the disk.
    fs.truncateSync(path, headerLength(path));
    fs.truncateSync(path, size);
    for (const name of fs.readdirSync(snap)) fs.rmSync(join(snap, name));
    await Backend.open(join(snap, 'db.sqlite'), {
      logger: recordingLogger(),
      clock: SYSTEM_CLOCK,
      mustExist: false,
    }).close();

    const other = { initialClusterToken: 'another-cluster' };
    await expect(fixture.start(directory, other)).rejects.toThrow('and has no entries');
    const again = await fixture.start(directory);
    expect(again.member.server.facts.header().memberId).toBe(memberId);
    expect(await put(again.member.server, 'a', '1')).toBe(2);
    await again.member.stop();
    const third = await fixture.start(directory);
    expect(await get(third.member.server, 'a')).toBe('1');
  });
});

/** Where the first entry of a log begins: behind the records for checksum, metadata and snapshot. */
function headerLength(path: string): number {
  const bytes = fs.readFileSync(path);
  let offset = 0;
  for (let record = 0; record < 3; record++) {
    const size = bytes.readUInt32LE(offset);
    const padding = (bytes[offset + 7] ?? 0) & 0x80 ? (bytes[offset + 7] ?? 0) & 7 : 0;
    offset += 8 + size + padding;
  }
  return offset;
}

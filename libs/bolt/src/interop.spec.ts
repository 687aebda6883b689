import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeRevisionKey, SeededRng } from '@etcd-ts/foundation';
import { snapshotExtent } from './etcd/snapshot-file.js';
import { summarizeSnapshot, type SnapshotSummary } from './etcd/snapshot-summary.js';
import { BoltReader } from './reader/bolt-reader.js';
import { finish } from './testing/memory-file.js';
import { planBolt } from './writer/bolt-plan.js';

const ORIGINAL_INSTALLED =
  spawnSync('etcd', ['--version']).status === 0 && spawnSync('etcdctl', ['version']).status === 0;
const START_DEADLINE_MS = 20_000;

type Json = Record<string, unknown>;

/** One etcd 3.4 in a process of its own. */
class Original {
  readonly name = 'original';
  readonly dataDir: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  #child: ChildProcess | undefined;

  constructor(dataDir: string, [clientPort, peerPort]: readonly [number, number]) {
    this.dataDir = dataDir;
    this.clientUrl = `http://127.0.0.1:${clientPort}`;
    this.peerUrl = `http://127.0.0.1:${peerPort}`;
  }

  async start(): Promise<void> {
    const flags = {
      name: this.name,
      'data-dir': this.dataDir,
      'listen-client-urls': this.clientUrl,
      'advertise-client-urls': this.clientUrl,
      'listen-peer-urls': this.peerUrl,
      'initial-advertise-peer-urls': this.peerUrl,
      'initial-cluster': `${this.name}=${this.peerUrl}`,
      logger: 'zap',
    };
    const pairs = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
    this.#child = spawn('etcd', pairs, { stdio: 'ignore' });
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await this.#answers())) {
      if (Date.now() > deadline) throw new Error('etcd does not answer');
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  async #answers(): Promise<boolean> {
    try {
      await this.call('kv/range', { key: 'AA==' });
      return true;
    } catch {
      return false;
    }
  }

  /** Through the JSON gateway. */
  async call(path: string, body: object): Promise<Json> {
    const answer = await fetch(`${this.clientUrl}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as Json;
  }

  async everything(): Promise<Json[]> {
    const answer = await this.call('kv/range', { key: 'AA==', range_end: 'AA==' });
    return (answer['kvs'] ?? []) as Json[];
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }
}

function etcdctl(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('etcdctl', args, {
    env: { ...process.env, ETCDCTL_API: '3' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`etcdctl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const keyOf = (i: number): string => base64(`/registry/${String(i).padStart(4, '0')}`);

/** Puts of all sizes, transactions, deletes, leases, users; a part of it compacted. */
async function writeHistory(etcd: Original, rng: SeededRng): Promise<void> {
  const { ID } = await etcd.call('lease/grant', { TTL: 5000 });
  for (let i = 0; i < 600; i++) {
    const key = keyOf(rng.below(200));
    const length = rng.below(40) === 0 ? rng.below(100_000) : rng.below(300);
    const value = Buffer.alloc(length, i).toString('base64');
    const lease = rng.below(10) === 0 ? ID : 0;
    const put = { request_put: { key, value, lease } };
    const remove = { request_delete_range: { key: keyOf(rng.below(200)) } };
    if (i % 7 === 0) await etcd.call('kv/deleterange', { key });
    else if (i % 11 === 0) await etcd.call('kv/txn', { success: [remove, put] });
    else await etcd.call('kv/put', put.request_put);
    if (i === 400) await etcd.call('kv/compaction', { revision: '250', physical: true });
  }
  await etcd.call('auth/role/add', { name: 'reader' });
  await etcd.call('auth/user/add', { name: 'alice', password: 'secret' });
}

/** What a member churns through after a restore: pages split, empty and merge again. */
async function churn(etcd: Original, rng: SeededRng): Promise<void> {
  for (let i = 0; i < 300; i++) {
    const value = Buffer.alloc(rng.below(3000), i).toString('base64');
    await etcd.call('kv/put', { key: keyOf(rng.below(100)), value });
    if (i % 40 === 39) {
      const { header } = await etcd.call('kv/range', { key: keyOf(0) });
      const revision = Number((header as Json)['revision']) - rng.below(60);
      await etcd.call('kv/compaction', { revision, physical: true });
    }
  }
}

class DatabaseFile {
  readonly reader: BoltReader;
  readonly #descriptor: number;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    this.reader = BoltReader.open((offset, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(this.#descriptor, bytes, 0, length, offset));
    }, statSync(path).size);
  }

  summary(): SnapshotSummary {
    finish(this.reader.verify());
    return finish(summarizeSnapshot(this.reader));
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Written anew by us, with a digest. */
function rewrite({ reader }: DatabaseFile, path: string, pageSizeBytes: number): number {
  const sources = reader.bucketNames().map((name) => ({
    name,
    *sizes() {
      for (const [key, value] of reader.entries(name)) yield [key.length, value.length] as const;
    },
    entries: () => reader.entries(name),
  }));
  const plan = finish(planBolt(sources, { pageSizeBytes }));
  const database = Buffer.concat([...plan.chunks()]);
  const digest = createHash('sha256').update(database).digest();
  writeFileSync(path, Buffer.concat([database, digest]));
  return plan.sizeBytes;
}

const statusOf = (path: string): Json =>
  JSON.parse(etcdctl('snapshot', 'status', path, '-w', 'json')) as Json;

const asStatus = ({ hash, revision, entries, sizeBytes }: SnapshotSummary): Json => ({
  hash,
  revision,
  totalKey: entries,
  totalSize: sizeBytes,
});

/** Whether a row has this key and value, where the server says that it was written. */
function hasRow(reader: BoltReader, kv: Json): boolean {
  const main = Number(kv['mod_revision']);
  const from = encodeRevisionKey({ main, sub: 0, tombstone: false });
  const upTo = encodeRevisionKey({ main: main + 1, sub: 0, tombstone: false });
  const bytes = (field: string): Buffer => Buffer.from((kv[field] ?? '') as string, 'base64');
  for (const [key, row] of reader.entries('key', from)) {
    if (key.compare(upTo) >= 0) return false;
    if (row.includes(bytes('key')) && row.includes(bytes('value'))) return true;
  }
  return false;
}

/** Of the newest revision, with what was compacted. */
function hashKvOf({ clientUrl }: Original): Json {
  const [{ HashKV: answer }] = JSON.parse(
    etcdctl(`--endpoints=${clientUrl}`, 'endpoint', 'hashkv', '-w', 'json'),
  ) as [{ HashKV: Json }];
  const { hash, compact_revision: compacted, header } = answer;
  return { hash, compacted, revision: (header as Json)['revision'] };
}

async function restored(path: string, dataDir: string): Promise<Original> {
  const etcd = new Original(dataDir, await freePorts());
  const cluster = `${etcd.name}=${etcd.peerUrl}`;
  etcdctl(
    ...['snapshot', 'restore', path, '--data-dir', dataDir, '--name', etcd.name],
    ...['--initial-cluster', cluster, '--initial-advertise-peer-urls', etcd.peerUrl],
  );
  await etcd.start();
  return etcd;
}

const directory = mkdtempSync(join(tmpdir(), 'bolt-interop-'));
const running: Original[] = [];
const opened: DatabaseFile[] = [];

function read(path: string): DatabaseFile {
  const file = new DatabaseFile(path);
  opened.push(file);
  return file;
}

afterAll(async () => {
  for (const file of opened) file.close();
  for (const etcd of running) await etcd.stop('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** What a member has told about itself, and the files it has left. */
interface Recording {
  readonly dataDir: string;
  /** With free pages everywhere, as compactions leave them. */
  readonly fragmented: string;
  readonly defragmented: string;
  readonly kvs: readonly Json[];
  readonly hashKv: Json;
  readonly leases: unknown;
}

async function record(): Promise<Recording> {
  const etcd = new Original(join(directory, 'original'), await freePorts());
  running.push(etcd);
  await etcd.start();
  await writeHistory(etcd, new SeededRng(11));
  const [fragmented, defragmented] = [join(directory, 'before.db'), join(directory, 'after.db')];
  const endpoint = `--endpoints=${etcd.clientUrl}`;
  etcdctl(endpoint, 'snapshot', 'save', fragmented);
  etcdctl(endpoint, 'defrag');
  etcdctl(endpoint, 'snapshot', 'save', defragmented);
  const [kvs, hashKv] = [await etcd.everything(), hashKvOf(etcd)];
  const { leases } = await etcd.call('lease/leases', {});
  await etcd.stop();
  return { dataDir: etcd.dataDir, fragmented, defragmented, kvs, hashKv, leases };
}

/** Pages split and merge; what is on disk is what was answered, before and after a restart. */
async function expectToGoOn(etcd: Original, rng: SeededRng): Promise<void> {
  await churn(etcd, rng);
  const [kvs, hashKv] = [await etcd.everything(), hashKvOf(etcd)];
  await etcd.stop();
  const path = join(etcd.dataDir, 'member/snap/db');
  const file = read(path);
  expect(asStatus(file.summary())).toEqual(statusOf(path));
  expect(kvs.filter((kv) => !hasRow(file.reader, kv))).toEqual([]);
  await etcd.start();
  expect(hashKvOf(etcd)).toEqual(hashKv);
}

(ORIGINAL_INSTALLED ? describe : describe.skip)('beside etcd 3.4', () => {
  let recording: Recording;
  beforeAll(async () => {
    recording = await record();
  });

  it('reads what etcdctl saves, before and after a defragmentation', () => {
    const { fragmented, defragmented, kvs, hashKv } = recording;
    for (const path of [fragmented, defragmented]) {
      const { hasDigest, databaseBytes } = snapshotExtent(statSync(path).size);
      const file = read(path);
      const summary = file.summary();
      expect(asStatus(summary)).toEqual(statusOf(path));
      expect(hasDigest && databaseBytes === summary.sizeBytes).toBe(true);
      expect([summary.liveKeys, summary.revision]).toEqual([kvs.length, hashKv['revision']]);
      expect(kvs.filter((kv) => !hasRow(file.reader, kv))).toEqual([]);
    }
    expect(statSync(fragmented).size).toBeGreaterThan(statSync(defragmented).size);
  });

  it('reads the database of a stopped member, which may be longer than its contents', () => {
    const path = join(recording.dataDir, 'member/snap/db');
    expect(asStatus(read(path).summary())).toEqual(statusOf(path));
  });

  it.each([4096, 16_384])(
    'restores and serves what we write, in pages of %i bytes, and goes on writing to it',
    async (pageSizeBytes) => {
      const { fragmented, kvs, hashKv, leases } = recording;
      const ours = join(directory, `ours-${pageSizeBytes}.db`);
      const totalSize = rewrite(read(fragmented), ours, pageSizeBytes);
      // The status includes a check of all pages by bbolt itself.
      expect(statusOf(ours)).toEqual({ ...statusOf(fragmented), totalSize });
      const etcd = await restored(ours, join(directory, `restored-${pageSizeBytes}`));
      running.push(etcd);
      expect(hashKvOf(etcd)).toEqual(hashKv);
      expect(await etcd.everything()).toEqual(kvs);
      expect((await etcd.call('lease/leases', {}))['leases']).toEqual(leases);
      await expectToGoOn(etcd, new SeededRng(pageSizeBytes));
    },
    60_000,
  );
});

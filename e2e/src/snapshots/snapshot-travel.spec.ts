import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createScratchDirectory,
  etcdctl,
  EtcdProcess,
  removeScratchDirectory,
  type Flavour,
} from '@etcd-ts/testkit';

import { etcdutl } from './etcdutl.js';

interface Status {
  readonly hash: number;
  readonly revision: number;
  readonly totalSize: number;
}

/** Revisions with gaps, deletions, a lease, a user and a compaction: all that a restore must keep. */
async function fill(endpoint: string): Promise<void> {
  const run = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await etcdctl(endpoint, args);
    if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  for (let i = 0; i < 8; i++) await run('put', `key/${i % 4}`, `value ${i}`);
  await run('del', 'key/3');
  await run('put', 'large', 'x'.repeat(100_000));
  const lease = /lease ([0-9a-f]+)/u.exec(await run('lease', 'grant', '3600'))?.[1] ?? '';
  await run('put', 'leased', 'mortal', '--lease', lease);
  await run('user', 'add', 'reader:secret');
  await run('compaction', '5');
}

async function hashOf(endpoint: string): Promise<string> {
  const { stdout } = await etcdctl(endpoint, ['endpoint', 'hashkv']);
  return stdout.split(', ')[1]?.trim() ?? '';
}

describe.each<Flavour>(['ours', 'reference'])('a snapshot that %s saved', (flavour) => {
  let scratch: string;
  let file: string;
  let hash: string;
  const running: EtcdProcess[] = [];

  beforeAll(async () => {
    scratch = createScratchDirectory('snapshots');
    file = join(scratch, 'saved.db');
    const node = await EtcdProcess.start({ flavour });
    try {
      await fill(node.endpoint);
      hash = await hashOf(node.endpoint);
      const saved = await etcdctl(node.endpoint, ['snapshot', 'save', file]);
      expect(saved.exitCode).toBe(0);
    } finally {
      await node.dispose();
    }
  });
  afterEach(async () => {
    for (const node of running.splice(0)) await node.dispose();
  });
  afterAll(() => removeScratchDirectory(scratch));

  async function serve(dataDir: string, by: Flavour = 'ours'): Promise<EtcdProcess> {
    const node = await EtcdProcess.start({ flavour: by, dataDir });
    running.push(node);
    return node;
  }

  it('is described as by the original', async () => {
    const ours = await etcdutl('snapshot', 'status', file, '-w', 'json');
    const theirs = await etcdctl('', ['snapshot', 'status', file, '-w', 'json']);
    const [{ hash, revision, totalSize }, expected] = [
      JSON.parse(ours.stdout) as Status,
      JSON.parse(theirs.stdout) as Status,
    ];
    expect({ hash, revision, totalSize }).toEqual({
      hash: expected.hash,
      revision: expected.revision,
      totalSize: expected.totalSize,
    });
  });

  it('has the HashKV of the member it is of', async () => {
    const { stdout } = await etcdutl('hashkv', file, '-w', 'json');
    expect(String((JSON.parse(stdout) as Status).hash)).toBe(hash);
  });

  it('becomes a member of ours, with leases and users', async () => {
    const dataDir = join(scratch, 'one');
    const restored = await etcdutl('snapshot', 'restore', file, '--data-dir', dataDir);
    expect(restored).toMatchObject({ exitCode: 0, stdout: '' });
    const { endpoint } = await serve(dataDir);
    expect(await hashOf(endpoint)).toBe(hash);
    expect((await etcdctl(endpoint, ['lease', 'list'])).stdout).toContain('found 1 leases');
    expect((await etcdctl(endpoint, ['user', 'list'])).stdout).toBe('reader\n');
    expect((await etcdctl(endpoint, ['put', 'after', 'restore'])).stdout).toBe('OK\n');
  });

  it('becomes a member of the original', async () => {
    const dataDir = join(scratch, 'original');
    const restored = await etcdctl('', ['snapshot', 'restore', file, '--data-dir', dataDir]);
    expect(restored.exitCode).toBe(0);
    const { endpoint } = await serve(dataDir, 'reference');
    expect(await hashOf(endpoint)).toBe(hash);
  });

  it('hides its history from whoever knows more, when the revision is bumped', async () => {
    const dataDir = join(scratch, 'bumped');
    const bump = ['--bump-revision', '1000', '--mark-compacted'];
    await etcdutl('snapshot', 'restore', file, '--data-dir', dataDir, ...bump);
    const { endpoint } = await serve(dataDir);
    const get = await etcdctl(endpoint, ['get', 'large', '--rev', '20']);
    expect(get.stderr).toContain('mvcc: required revision has been compacted');
    const before = JSON.parse((await etcdutl('hashkv', file, '-w', 'json')).stdout) as {
      hashRevision: number;
    };
    const put = await etcdctl(endpoint, ['put', 'k', 'v', '-w', 'json']);
    const { header } = JSON.parse(put.stdout) as { header: { revision: number } };
    expect(header.revision).toBe(before.hashRevision + 1001);
  });

  it('is refused when one bit of it is another', async () => {
    const bytes = readFileSync(file);
    const damaged = join(scratch, 'damaged.db');
    // Pages of every kind, values, and the digest itself; each step hits another bit of a byte.
    const step = Math.floor(bytes.length / 4);
    for (let at = 17, bit = 0; at < bytes.length; at += step, bit = (bit + 1) % 8) {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(at) ^ (1 << bit), at);
      writeFileSync(damaged, copy);
      const dataDir = join(scratch, 'never');
      const { stderr, exitCode } = await etcdutl(
        'snapshot',
        'restore',
        damaged,
        '--data-dir',
        dataDir,
      );
      expect(stderr).toMatch(/Error: expected sha256 \[[\d ]+\], got \[[\d ]+\]\n$/u);
      expect(exitCode).toBe(1);
      expect(existsSync(dataDir)).toBe(false);
    }
    const cut = join(scratch, 'cut.db');
    writeFileSync(cut, bytes.subarray(0, bytes.length - 4096));
    expect((await etcdutl('snapshot', 'status', cut)).exitCode).toBe(1);
  });
});

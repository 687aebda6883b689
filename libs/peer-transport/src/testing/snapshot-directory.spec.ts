import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SnapshotDirectory } from './snapshot-directory.js';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'snapshot-directory-'));
});
afterEach(() => rm(path, { recursive: true }));

async function* chunks(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    await Promise.resolve();
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}

describe('a directory of received snapshots', () => {
  it('has each whole one under its index', async () => {
    const directory = await SnapshotDirectory.open(path);
    expect(await directory.save(0x1234abcd, chunks('one ', 'two'))).toBe(7);
    expect(await readdir(path)).toEqual(['000000001234abcd.snap.db']);
    expect(directory.pathOf(0x1234abcd)).toBe(join(path, '000000001234abcd.snap.db'));
    expect(await readFile(directory.pathOf(0x1234abcd), 'utf8')).toBe('one two');
    expect((await stat(directory.pathOf(0x1234abcd))).mode & 0o777).toBe(0o600);
  });

  it('has nothing of one that was cut short, and says why', async () => {
    const directory = await SnapshotDirectory.open(path);
    const cut = new Error('cut');
    await expect(directory.save(1, chunks('half', cut))).rejects.toBe(cut);
    expect(await readdir(path)).toEqual([]);
  });

  it('takes several at once, also of one index', async () => {
    const directory = await SnapshotDirectory.open(path);
    await Promise.all([1, 2, 2].map((index) => directory.save(index, chunks('same'))));
    expect(await readdir(path)).toEqual(['0000000000000001.snap.db', '0000000000000002.snap.db']);
  });

  it('forgets what a crash cut short, and nothing else', async () => {
    const directory = await SnapshotDirectory.open(path);
    let partial: string[] = [];
    async function* crashing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      partial = await readdir(path);
    }
    await directory.save(1, crashing());
    expect(partial).toHaveLength(1);
    await writeFile(join(path, partial[0] ?? ''), 'left behind');
    await writeFile(join(path, '0000000000000001-0000000000000002.snap'), 'of another kind');
    await SnapshotDirectory.open(path);
    expect(await readdir(path)).toEqual([
      '0000000000000001-0000000000000002.snap',
      '0000000000000001.snap.db',
    ]);
  });
});

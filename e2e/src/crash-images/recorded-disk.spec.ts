import { SeededRng } from '@etcd-ts/foundation';

import { crashImage } from './crash-image.js';
import type { RecordedDirectory } from './recorded-directory.js';
import { RecordedDisk } from './recorded-disk.js';
import { SURVIVALS, type Survival, survivors } from './survival.js';
import { callsOf } from './system-calls.js';

function quoted(text: string): string {
  return `"${Array.from(Buffer.from(text), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
}

function diskAfter(...lines: readonly string[]): RecordedDisk {
  const disk = new RecordedDisk('/data');
  const begun = new Map<string, string>();
  for (const line of lines) for (const call of callsOf(line, begun)) disk.apply(call);
  return disk;
}

/** Names, and the first letters of contents. */
function left(root: RecordedDirectory, survival: Survival, seed = 1): Record<string, string> {
  const { names, changes } = survivors(survival, new SeededRng(seed));
  const found: Record<string, string> = {};
  for (const [name, node] of root.names(names(root))) {
    if ('contents' in node) found[name] = node.contents(changes(node)).toString();
  }
  return found;
}

const CREATE = `7 openat(AT_FDCWD, ${quoted('/data/a')}, O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 20`;
const OPEN_DIRECTORY = `7 openat(AT_FDCWD, ${quoted('/data')}, O_RDONLY|O_CLOEXEC) = 21`;
const WRITE = `7 pwrite64(20, ${quoted('one')}, 3, 0) = 3`;

describe('a recorded disk', () => {
  it('keeps a name only when its directory is synced, and contents only when the file is', () => {
    const unsynced = diskAfter(CREATE, WRITE);
    expect(left(unsynced.root, 'nothing')).toEqual({});
    expect(left(unsynced.root, 'everything')).toEqual({ a: 'one' });
    expect(left(unsynced.root, 'names without contents')).toEqual({ a: '' });
    const named = diskAfter(CREATE, WRITE, OPEN_DIRECTORY, '7 fsync(21) = 0');
    expect(left(named.root, 'nothing')).toEqual({ a: '' });
    const synced = diskAfter(CREATE, WRITE, '7 fdatasync(20) = 0');
    expect(left(synced.root, 'contents without names')).toEqual({});
    expect(left(synced.root, 'names without contents')).toEqual({ a: 'one' });
  });

  it('does not count what was written while a sync was under way, nor a sync that failed', () => {
    const during = diskAfter(
      CREATE,
      WRITE,
      OPEN_DIRECTORY,
      '7 fsync(21) = 0',
      '8 fdatasync(20 <unfinished ...>',
      `7 pwrite64(20, ${quoted('two')}, 3, 3) = 3`,
      '8 <... fdatasync resumed>) = 0',
    );
    expect(left(during.root, 'nothing')).toEqual({ a: 'one' });
    expect(left(during.root, 'everything')).toEqual({ a: 'onetwo' });
    const failed = diskAfter(
      CREATE,
      OPEN_DIRECTORY,
      '7 fsync(21) = 0',
      WRITE,
      '7 fsync(20) = -1 EIO',
    );
    expect(left(failed.root, 'nothing')).toEqual({ a: '' });
  });

  it('renames in one step, and a descriptor goes on with the file', () => {
    const rename = `7 rename(${quoted('/data/a')}, ${quoted('/data/b')}) = 0`;
    const disk = diskAfter(
      CREATE,
      WRITE,
      OPEN_DIRECTORY,
      '7 fsync(21) = 0',
      '7 fsync(20) = 0',
      rename,
    );
    expect(left(disk.root, 'nothing')).toEqual({ a: 'one' });
    expect(left(disk.root, 'everything')).toEqual({ b: 'one' });
    const later = diskAfter(
      CREATE,
      rename,
      `7 write(20, ${quoted('xy')}, 2) = 2`,
      `7 write(20, ${quoted('z')}, 1) = 1`,
    );
    expect(left(later.root, 'everything')).toEqual({ b: 'xyz' });
  });

  it('tears writes at the sectors of the file', () => {
    const long = 'x'.repeat(1200);
    const disk = diskAfter(
      CREATE,
      OPEN_DIRECTORY,
      '7 fsync(21) = 0',
      `7 pwrite64(20, ${quoted(long)}, 1200, 100) = 1200`,
    );
    const lengths = new Set<number>();
    for (let seed = 0; seed < 200; seed++) {
      lengths.add(left(disk.root, 'first writes, torn', seed)['a']?.length ?? -1);
    }
    // The name was synced, so the file is there; the write begins inside the first sector.
    expect([...lengths].sort((a, b) => a - b)).toEqual([0, 512, 1024, 1300]);
  });

  it('refuses calls that it does not understand', () => {
    expect(() => diskAfter(CREATE, '7 sendfile(20, 3, NULL, 10) = 10')).toThrow('not understood');
    expect(() => diskAfter(`7 unlinkat(AT_FDCWD, ${quoted('/data/a')}, 0) = 0`)).toThrow(
      'not understood',
    );
  });

  it('gives equal images equal digests, whatever way they survived', () => {
    const disk = diskAfter(CREATE, WRITE, OPEN_DIRECTORY, '7 fsync(21) = 0', '7 fsync(20) = 0');
    const digests = SURVIVALS.map((survival) =>
      crashImage(disk.root, survivors(survival, new SeededRng(1))).digest(),
    );
    expect(new Set(digests).size).toBe(1);
  });
});

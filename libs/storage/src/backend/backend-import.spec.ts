import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { encodeRevisionKey, type Revision, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import { DataDirectory } from '../data-directory.js';
import { TEST_CLOCK, temporaryDirectories } from '../testing/temporary-directory.js';
import { Backend } from './backend.js';
import { BackendImport } from './backend-import.js';
import type { BackendView } from './backend-view.js';

const directory = temporaryDirectories();
const OPTIONS = { logger: SILENT_LOGGER, clock: TEST_CLOCK, mustExist: true };

const rev = (main: number): Revision => main as Revision;
const bytes = (text: string): Buffer => Buffer.from(text);
const key = (main: number, sub = 0, tombstone = false): Buffer =>
  encodeRevisionKey({ main, sub, tombstone });

function uint64(value: number): Buffer {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
}

async function imported(
  put: (into: BackendImport) => void,
  path = join(directory(), 'incoming.sqlite'),
): Promise<Backend> {
  const into = BackendImport.create(path);
  put(into);
  await into.finish();
  return Backend.open(path, OPTIONS);
}

/** Of every bucket, key and value. */
function digest(view: BackendView): string {
  const hash = createHash('sha256');
  for (const bucket of view.bucketNames()) {
    hash.update(`${bucket}:`);
    for (const [name, value] of view.entries(bucket)) {
      hash.update(`${name.length} ${value.length} `).update(name).update(value);
    }
  }
  return hash.digest('hex');
}

const currentRevision = (backend: Backend): number =>
  Number(Buffer.from(backend.readMeta('currentRevision') ?? []).readBigUInt64BE());

describe('an import', () => {
  it('makes of the entries of a view a database that shows the same', async () => {
    const rng = new SeededRng(5);
    const source = Backend.open(join(directory(), 'db.sqlite'), { ...OPTIONS, mustExist: false });
    for (let main = 2; main < 3000; main++) {
      const value = Buffer.alloc(rng.below(main % 500 === 0 ? 2_000_000 : 200), main);
      source.appendRevision(rev(main), 0, rng.below(5) === 0, value);
      if (rng.below(4) === 0) source.appendRevision(rev(main), 1, false, bytes(`sub ${main}`));
      source.bucketPut('lease', bytes(`${rng.below(500)}`), bytes(`${main}`));
    }
    source.bucketPut('meta', bytes('consistent_index'), uint64(77));
    source.bucketPut('meta', bytes('term'), uint64(3));
    source.bucketPut('meta', bytes('currentRevision'), uint64(5000));
    const view = await source.openView();
    const path = join(directory(), 'incoming.sqlite');
    const into = BackendImport.create(path);
    let settled = 0;
    for (const bucket of [...view.bucketNames()].reverse()) {
      for (const [name, value] of view.entries(bucket)) {
        if (into.put(bucket, name, value)) continue;
        await into.settle();
        settled++;
      }
    }
    expect(settled).toBeGreaterThan(0);
    expect(fs.existsSync(path)).toBe(false);
    await into.finish();
    const copy = Backend.open(path, OPTIONS);
    const copied = await copy.openView();
    expect(copied.consistentIndex).toEqual({ index: 77, term: 3 });
    expect(digest(copied)).toBe(digest(view));
    expect(copy.integrityCheck()).toEqual([]);
    await copy.close();
    await source.close();
  });

  it('can be reclaimed and compacted like any other backend', async () => {
    const backend = await imported((into) => {
      for (let main = 2; main < 2000; main++) into.put('key', key(main), Buffer.alloc(1000, 1));
    });
    backend.deleteRevisions(Array.from({ length: 1900 }, (_, i) => ({ main: rev(i + 2), sub: 0 })));
    await backend.commitDurable();
    expect(backend.reclaim(50)).toBe(50);
    await backend.close();
  });

  it('records the current revision, which files of etcd do not', async () => {
    const newestRow = await imported((into) => {
      into.put('key', key(5), bytes('a'));
      into.put('key', key(9, 3, true), bytes('b'));
      into.put('meta', bytes('scheduledCompactRev'), key(7));
    });
    expect(currentRevision(newestRow)).toBe(9);
    await newestRow.close();
    const compacted = await imported((into) => {
      into.put('meta', bytes('finishedCompactRev'), key(11));
      into.put('meta', bytes('scheduledCompactRev'), key(12));
      into.put('key', key(5), bytes('a'));
    });
    expect(currentRevision(compacted)).toBe(12);
    expect(compacted.readMeta('scheduledCompactRev')).toEqual(key(12));
    await compacted.close();
    const empty = await imported(() => undefined);
    expect(currentRevision(empty)).toBe(1);
    await empty.close();
  });

  it('believes the current revision of a file that says it, unless rows contradict it', async () => {
    const own = await imported((into) => {
      into.put('meta', bytes('currentRevision'), uint64(40));
      into.put('key', key(5), bytes('a'));
    });
    expect(currentRevision(own)).toBe(40);
    await own.close();
    await expect(
      imported((into) => {
        into.put('meta', bytes('currentRevision'), uint64(4));
        into.put('key', key(5), bytes('a'));
      }),
    ).rejects.toMatchObject({ code: 'importInvalid' });
  });

  it.each<[string, (into: BackendImport) => void]>([
    [
      'keys out of order',
      (into) => ['b', 'a'].forEach((k) => into.put('lease', bytes(k), bytes(''))),
    ],
    ['a key twice', (into) => [1, 2].forEach(() => into.put('lease', bytes('a'), bytes('')))],
    ['revisions out of order', (into) => [9, 8].forEach((n) => into.put('key', key(n), bytes('')))],
    ['a short revision', (into) => into.put('key', key(9).subarray(0, 16), bytes(''))],
    ['a long revision', (into) => into.put('key', Buffer.concat([key(9), bytes('x')]), bytes(''))],
    ['a wrong separator', (into) => into.put('key', Buffer.alloc(17, 1), bytes(''))],
    ['a revision beyond all numbers', (into) => into.put('key', Buffer.alloc(17, '_'), bytes(''))],
    ['a bad compaction mark', (into) => into.put('meta', bytes('finishedCompactRev'), bytes('x'))],
    ['a bad current revision', (into) => into.put('meta', bytes('currentRevision'), bytes('x'))],
  ])('refuses %s', (_, put) => {
    const dir = directory();
    const into = BackendImport.create(join(dir, 'incoming.sqlite'));
    expect(() => put(into)).toThrow(expect.objectContaining({ code: 'importInvalid' }) as Error);
    into.abort();
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it('leaves nothing behind when it is given up, also in the midst of much', async () => {
    const dir = directory();
    const into = BackendImport.create(join(dir, 'incoming.sqlite'));
    for (let main = 2; main < 30_000; main++) {
      if (!into.put('key', key(main), Buffer.alloc(1000))) await into.settle();
    }
    into.abort();
    into.abort();
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  it('that a crash cut short is removed when the data directory is opened', async () => {
    const dataDir = directory();
    const before = DataDirectory.open(dataDir, { logger: SILENT_LOGGER });
    const into = BackendImport.create(before.incomingFile);
    into.put('key', key(2), bytes('a'));
    await into.settle();
    fs.writeFileSync(`${before.incomingFile}.tmp-journal`, '');
    expect(fs.readdirSync(before.snapDir)[0]).toBe('incoming.sqlite.tmp');
    before.close();
    const after = DataDirectory.open(dataDir, { logger: SILENT_LOGGER });
    expect(fs.readdirSync(after.snapDir)).toEqual([]);
    after.close();
    into.abort();
  });

  it('takes the place of one that was finished and never used, with its log', async () => {
    const path = join(directory(), 'incoming.sqlite');
    const first = await imported((into) => into.put('lease', bytes('a'), bytes('1')), path);
    first.bucketPut('lease', bytes('a'), bytes('2'));
    first.commit();
    const copy = `${directory()}/incoming.sqlite`;
    for (const suffix of ['', '-wal']) fs.copyFileSync(path + suffix, copy + suffix);
    await first.close();
    const second = await imported((into) => into.put('lease', bytes('b'), bytes('3')), copy);
    expect([...second.bucketEntries('lease')].map(String)).toEqual(['b,3']);
    await second.close();
  });
});

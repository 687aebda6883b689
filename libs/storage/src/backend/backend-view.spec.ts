import fs from 'node:fs';
import { join } from 'node:path';
import { RaftIndex, type Revision, SILENT_LOGGER, Term } from '@etcd-ts/foundation';
import Database from 'better-sqlite3';
import { TEST_CLOCK, temporaryDirectories } from '../testing/temporary-directory.js';
import { Backend } from './backend.js';
import type { BackendView } from './backend-view.js';

const directory = temporaryDirectories();
const OPTIONS = { logger: SILENT_LOGGER, clock: TEST_CLOCK, mustExist: false };

const rev = (main: number): Revision => main as Revision;
const bytes = (text: string): Buffer => Buffer.from(text);
const open = (file = join(directory(), 'db.sqlite')): Backend => Backend.open(file, OPTIONS);

function apply(backend: Backend, index: number, effects: () => void): void {
  backend.beginEntry();
  effects();
  backend.setConsistentIndex(RaftIndex(index), Term(3));
}

/** Every bucket, key and value, in order. */
function contents(view: BackendView): string[] {
  return view
    .bucketNames()
    .flatMap((bucket) =>
      [...view.entries(bucket)].map(([key, value]) =>
        [bucket, Buffer.from(key).toString('hex'), Buffer.from(value).toString('hex')].join(' '),
      ),
    );
}

function sizes(view: BackendView): string[] {
  return view
    .bucketNames()
    .flatMap((bucket) =>
      [...view.sizes(bucket)].map(([key, value]) => `${bucket} ${key} ${value}`),
    );
}

/** 50 rows, two a revision, every third a tombstone; and leases. */
function fill(backend: Backend): void {
  for (let i = 1; i <= 25; i++) {
    apply(backend, i, () => {
      backend.appendRevision(rev(i + 1), 0, i % 3 === 0, bytes(`value ${i}`));
      backend.appendRevision(rev(i + 1), 1, false, Buffer.alloc(i * 400, i));
      backend.bucketPut('lease', bytes(`lease ${i % 7}`), bytes(`at ${i}`));
    });
  }
}

// Fsyncs of a busy machine.
describe('a view of the backend in SQLite', () => {
  it('stays what it is while the node writes, compacts, reclaims and checkpoints', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = open(file);
    fill(backend);
    await backend.commitDurable();
    await backend.shrinkFile();
    const view = await backend.openView();
    const before = { contents: contents(view), sizes: sizes(view) };
    let index = 25;
    let main = 30;
    for (let round = 0; round < 20; round++) {
      apply(backend, ++index, () => {
        for (let i = 0; i < 500; i++) {
          backend.appendRevision(rev(main++), 0, false, Buffer.alloc(1000, round));
        }
        backend.bucketPut('lease', bytes(`lease ${round % 7}`), bytes('again'));
        backend.bucketDelete('lease', bytes(`lease ${(round + 3) % 7}`));
      });
      for (const sub of [0, 1]) {
        backend.deleteRevisions(
          Array.from({ length: main - 2 }, (_, i) => ({ main: rev(i + 2), sub })),
        );
      }
      if (round % 2 === 0) await backend.commitDurable();
      else while (!backend.commitStep(100));
      backend.reclaim(50);
      await backend.shrinkFile();
      if (round % 5 === 0) {
        expect(contents(view)).toEqual(before.contents);
        expect(sizes(view)).toEqual(before.sizes);
      }
    }
    expect(contents(view)).toEqual(before.contents);
    expect(view.consistentIndex.index).toBe(25);
    const later = await backend.openView();
    expect(later.consistentIndex.index).toBe(45);
    expect([...later.entries('key')]).toEqual([]);
    view.close();
    expect(contents(later)).not.toEqual(before.contents);
    later.close();
    while (backend.reclaim(1000) > 0);
    await backend.shrinkFile();
    expect(fs.statSync(`${file}-wal`).size).toBe(0);
    expect(fs.statSync(file).size).toBe(backend.sizeBytes());
    expect(backend.sizeBytes()).toBeLessThan(200_000);
    expect(backend.integrityCheck()).toEqual([]);
    await backend.close();
  });

  it('lets the log of the database grow by what is written, and the log is short again afterwards', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = open(file);
    const view = await backend.openView();
    let main = 2;
    const write = async (index: number): Promise<void> => {
      apply(backend, index, () => {
        for (let i = 0; i < 1000; i++) {
          backend.appendRevision(rev(main++), 0, false, Buffer.alloc(1000, index));
        }
      });
      await backend.commitDurable();
    };
    for (let index = 1; index <= 20; index++) await write(index);
    const grown = fs.statSync(`${file}-wal`).size;
    expect(grown).toBeGreaterThan(20e6);
    expect(grown).toBeLessThan(30e6);
    expect([...view.entries('key')]).toEqual([]);
    view.close();
    await write(21);
    await backend.shrinkFile();
    expect(fs.statSync(`${file}-wal`).size).toBe(0);
    await backend.close();
    const again = open(file);
    expect(again.consistentIndex().index).toBe(21);
    expect(again.scanRevisions(rev(0), 0, 30_000)).toHaveLength(21_000);
    await again.close();
  });

  it('is crash-proof: what a crash leaves beside an open view is what was committed', async () => {
    const dir = directory();
    const backend = open(join(dir, 'db.sqlite'));
    fill(backend);
    const view = await backend.openView();
    apply(backend, 26, () => backend.appendRevision(rev(100), 0, false, bytes('after')));
    backend.commit();
    const copy = join(directory(), 'db.sqlite');
    for (const suffix of ['', '-wal', '-shm']) {
      fs.copyFileSync(join(dir, `db.sqlite${suffix}`), copy + suffix);
    }
    const crashed = open(copy);
    expect(crashed.consistentIndex().index).toBe(26);
    expect(crashed.scanRevisions(rev(0), 0, 100)).toHaveLength(51);
    await crashed.close();
    view.close();
    await backend.close();
  });

  it('keeps others out of the file before and after, and lets a stranger only delay checkpoints', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = open(file);
    fill(backend);
    const stranger = (): void => {
      const raw = new Database(file, { readonly: true, timeout: 0 });
      try {
        raw.exec('SELECT count(*) FROM revision');
      } finally {
        raw.close();
      }
    };
    expect(stranger).toThrow('locked');
    const view = await backend.openView();
    const intruder = new Database(file, { readonly: true, timeout: 0 });
    intruder.exec('BEGIN; SELECT count(*) FROM revision');
    view.close();
    apply(backend, 26, () => backend.appendRevision(rev(100), 0, false, Buffer.alloc(6e6)));
    await backend.commitDurable();
    await backend.shrinkFile();
    expect(fs.statSync(`${file}-wal`).size).toBeGreaterThan(6e6);
    intruder.close();
    await backend.shrinkFile();
    expect(fs.statSync(`${file}-wal`).size).toBe(0);
    expect(stranger).toThrow('locked');
    await backend.close();
  });

  it('passes no damaged row on', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = open(file);
    fill(backend);
    await backend.close();
    const raw = new Database(file);
    raw.exec("UPDATE revision SET value = x'00' WHERE main = 9");
    raw.close();
    const damaged = open(file);
    const view = await damaged.openView();
    expect(() => [...view.entries('key')]).toThrow('revision 9.0 is damaged');
    expect(damaged.failed).toBe(true);
    await damaged.close();
  });
});

import fs from 'node:fs';
import { join } from 'node:path';
import { RaftIndex, type Revision, SILENT_LOGGER, Term } from '@etcd-ts/foundation';
import Database from 'better-sqlite3';
import { TEST_CLOCK, temporaryDirectories } from '../testing/temporary-directory.js';
import { Backend } from './backend.js';

const directory = temporaryDirectories();
const OPTIONS = { logger: SILENT_LOGGER, clock: TEST_CLOCK, mustExist: false };

const rev = (main: number): Revision => main as Revision;
const bytes = (text: string): Buffer => Buffer.from(text);

function apply(backend: Backend, index: number, effects: () => void): void {
  backend.beginEntry();
  effects();
  backend.setConsistentIndex(RaftIndex(index), Term(1));
}

describe('the backend', () => {
  it('refuses to commit inside an entry', async () => {
    const backend = Backend.open(join(directory(), 'db.sqlite'), OPTIONS);
    backend.beginEntry();
    backend.appendRevision(rev(2), 0, false, bytes('half'));
    expect(() => backend.commit()).toThrow('inside an entry');
    expect(() => backend.commitStep(10)).toThrow('inside an entry');
    await expect(backend.commitDurable()).rejects.toThrow('inside an entry');
    backend.setConsistentIndex(RaftIndex(1), Term(1));
    backend.commit();
    await backend.close();
  });

  it('stores nothing of an entry that was open when it was closed', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = Backend.open(file, OPTIONS);
    apply(backend, 1, () => backend.appendRevision(rev(2), 0, false, bytes('whole')));
    backend.commit();
    backend.beginEntry();
    backend.appendRevision(rev(3), 0, false, bytes('half'));
    await backend.close();
    const again = Backend.open(file, OPTIONS);
    expect(again.scanRevisions(rev(0), 0, 10).map(({ main }) => main)).toEqual([2]);
    expect(again.consistentIndex()).toEqual({ index: 1, term: 1 });
    await again.close();
  });

  it('lets entries be applied between the slices of a commit, into the next one', async () => {
    const backend = Backend.open(join(directory(), 'db.sqlite'), OPTIONS);
    apply(backend, 1, () => {
      for (let i = 2; i < 1002; i++) backend.appendRevision(rev(i), 0, false, Buffer.alloc(100));
    });
    expect(backend.commitStep(100)).toBe(false);
    apply(backend, 2, () => backend.appendRevision(rev(1002), 0, false, bytes('next')));
    expect(backend.pendingOperations).toBe(2);
    expect(backend.scanRevisions(rev(0), 0, 5000)).toHaveLength(1001);
    while (!backend.commitStep(100));
    expect(backend.pendingOperations).toBe(2);
    await backend.close();
  });

  it('keeps the commit log short, and blocks no commit for good, under a long load', async () => {
    const dir = directory();
    const backend = Backend.open(join(dir, 'db.sqlite'), OPTIONS);
    let main = 2;
    for (let round = 0; round < 40; round++) {
      apply(backend, round + 1, () => {
        for (let i = 0; i < 1000; i++) {
          backend.appendRevision(rev(main++), 0, false, Buffer.alloc(1000, round));
        }
      });
      await backend.commitDurable();
    }
    expect(fs.statSync(join(dir, 'db.sqlite-wal')).size).toBeLessThan(12e6);
    expect(backend.sizeBytes()).toBeGreaterThan(40e6);
    await backend.close();
    const again = Backend.open(join(dir, 'db.sqlite'), OPTIONS);
    expect(again.consistentIndex().index).toBe(40);
    expect(again.integrityCheck()).toEqual([]);
    await again.close();
  });

  it('gives freed pages back in slices', async () => {
    const backend = Backend.open(join(directory(), 'db.sqlite'), OPTIONS);
    apply(backend, 1, () => {
      for (let i = 2; i < 2002; i++) backend.appendRevision(rev(i), 0, false, Buffer.alloc(1000));
    });
    backend.commit();
    const full = backend.sizeBytes();
    backend.deleteRevisions(Array.from({ length: 1900 }, (_, i) => ({ main: rev(i + 2), sub: 0 })));
    backend.commit();
    expect(backend.sizeBytes()).toBe(full);
    expect(backend.sizeInUseBytes()).toBeLessThan(full / 4);
    let given = 0;
    for (let n = backend.reclaim(50); n > 0; n = backend.reclaim(50)) {
      expect(n).toBeLessThanOrEqual(50);
      given += n;
    }
    expect(given).toBeGreaterThan(100);
    expect(backend.sizeBytes()).toBe(backend.sizeInUseBytes());
    expect(backend.scanRevisions(rev(0), 0, 1000)).toHaveLength(100);
    await backend.close();
  });

  it('reports a damaged row instead of returning it', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = Backend.open(file, OPTIONS);
    apply(backend, 1, () => {
      backend.appendRevision(rev(2), 0, false, bytes('some value'));
      backend.appendRevision(rev(2), 1, false, bytes('other value'));
      backend.bucketPut('lease', bytes('id'), bytes('a lease'));
    });
    await backend.close();
    const raw = new Database(file);
    raw.exec("UPDATE revision SET value = x'00'; UPDATE bucket SET key = x'00' WHERE name='lease'");
    raw.exec('UPDATE sub_revision SET tombstone = 1');
    raw.close();
    for (const read of [
      (b: Backend) => b.readRevision(rev(2), 0),
      (b: Backend) => b.readRevision(rev(2), 1),
      (b: Backend) => b.scanRevisions(rev(0), 0, 10),
      (b: Backend) => b.bucketEntries('lease'),
    ]) {
      const damaged = Backend.open(file, OPTIONS);
      expect(() => read(damaged)).toThrow('damaged');
      expect(damaged.failed).toBe(true);
      await damaged.close();
    }
  });

  it('stays failed after SQLite has refused a write', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = Backend.open(file, OPTIONS);
    apply(backend, 1, () => backend.appendRevision(rev(2), 0, false, bytes('a')));
    backend.commit();
    apply(backend, 2, () => backend.appendRevision(rev(2), 0, false, bytes('twice')));
    expect(() => backend.commit()).toThrow('UNIQUE');
    expect(backend.failed).toBe(true);
    expect(() => backend.commit()).toThrow('UNIQUE');
    expect(() => backend.writeMeta('x', bytes('y'))).toThrow('UNIQUE');
    await expect(backend.commitDurable()).rejects.toMatchObject({ code: 'backendFailed' });
    await backend.close();
    const again = Backend.open(file, OPTIONS);
    expect(again.consistentIndex().index).toBe(1);
    await again.close();
  });

  it('does not start empty when the log says there was data', () => {
    const file = join(directory(), 'db.sqlite');
    expect(() => Backend.open(file, { ...OPTIONS, mustExist: true })).toThrow(
      `database file (${file}) of the backend is missing`,
    );
    expect(fs.existsSync(file)).toBe(false);
  });

  it('names a bbolt file and leaves foreign files alone', () => {
    const dir = directory();
    fs.writeFileSync(join(dir, 'db'), 'bbolt');
    expect(() => Backend.open(join(dir, 'db.sqlite'), OPTIONS)).toThrow('bbolt');
    fs.writeFileSync(join(dir, 'db.sqlite'), Buffer.alloc(20_000, 1));
    expect(() => Backend.open(join(dir, 'db.sqlite'), OPTIONS)).toThrow('cannot open');
  });

  it('cannot be opened twice', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = Backend.open(file, OPTIONS);
    backend.writeMeta('x', bytes('y'));
    backend.commit();
    expect(() =>
      new Database(file, { timeout: 0 }).prepare('SELECT * FROM bucket').all(),
    ).toThrow();
    await backend.close();
  });

  it('shrinks its file to what is in use once pages are reclaimed', async () => {
    const file = join(directory(), 'db.sqlite');
    const backend = Backend.open(file, OPTIONS);
    const rows = Array.from({ length: 50 }, (_, i) => ({ main: rev(i + 2), sub: 0 }));
    apply(backend, 1, () => {
      for (const { main } of rows) backend.appendRevision(main, 0, false, Buffer.alloc(100_000, 1));
    });
    await backend.commitDurable();
    await backend.shrinkFile();
    expect(fs.statSync(file).size).toBeGreaterThan(5_000_000);
    backend.deleteRevisions(rows);
    backend.commit();
    while (backend.reclaim(1000) > 0);
    await backend.shrinkFile();
    expect(fs.statSync(file).size).toBe(backend.sizeBytes());
    expect(backend.sizeBytes()).toBeLessThan(200_000);
    await backend.close();
  });
});

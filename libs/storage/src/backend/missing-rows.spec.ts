import { join } from 'node:path';
import Database from 'better-sqlite3';
import { RaftIndex, Revision, Term } from '@etcd-ts/foundation';
import { openBackend } from '../testing/opened-backend.js';
import { temporaryDirectories } from '../testing/temporary-directory.js';
import type { Backend } from './backend.js';

const directory = temporaryDirectories();
const ROWS = 300;
const SLICE = 64;

function readAll(backend: Backend): number {
  let main = 0;
  let sub = 0;
  let count = 0;
  for (;;) {
    const rows = backend.scanRevisions(Revision(main), sub, SLICE);
    count += rows.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < SLICE) return count;
    main = last.main;
    sub = last.sub + 1;
  }
}

/** A closed database with revisions and buckets, some of them deleted and written again. */
async function written(): Promise<string> {
  const file = join(directory(), 'db.sqlite');
  const backend = openBackend(file);
  for (let main = 2; main < ROWS; main++) {
    backend.beginEntry();
    backend.appendRevision(Revision(main), 0, false, Buffer.from(`value ${main}`));
    backend.appendRevision(Revision(main), 1, true, Buffer.from(`other ${main}`));
    backend.bucketPut('lease', Buffer.from(`${main % 7}`), Buffer.from(`${main}`));
    if (main % 5 === 0) backend.bucketDelete('lease', Buffer.from(`${main % 7}`));
    if (main % 10 === 0) backend.deleteRevisions([{ main: Revision(main - 3), sub: main % 2 }]);
    backend.setConsistentIndex(RaftIndex(main), Term(1));
    if (main % 50 === 0) backend.commit();
  }
  await backend.close();
  return file;
}

function damage(file: string, statement: string): void {
  const database = new Database(file);
  expect(database.prepare(statement).run().changes).toBe(1);
  database.close();
}

async function openAndRead(file: string): Promise<void> {
  const backend = openBackend(file);
  try {
    readAll(backend);
  } finally {
    await backend.close();
  }
}

describe('a database in which rows are not as they were written, though each row is', () => {
  it('is read to its end when nothing is wrong, also while it is written to', async () => {
    const file = await written();
    const backend = openBackend(file);
    const count = readAll(backend);
    expect(count).toBe((ROWS - 2) * 2 - Math.floor((ROWS - 1) / 10));
    backend.appendRevision(Revision(ROWS), 0, false, Buffer.from('new'));
    expect(readAll(backend)).toBe(count + 1);
    backend.commit();
    expect(readAll(backend)).toBe(count + 1);
    await backend.close();
  });

  it.each([
    ['a revision is missing', 'DELETE FROM revision WHERE main = 100'],
    ['a later operation of a transaction is missing', 'DELETE FROM sub_revision WHERE main = 100'],
    [
      'a revision is there twice',
      'INSERT INTO sub_revision SELECT main, 2, tombstone, checksum, value FROM sub_revision WHERE main = 100',
    ],
    ['the row of a bucket is missing', "DELETE FROM bucket WHERE name = 'lease' AND key = x'33'"],
    ['a row is in another bucket', "UPDATE bucket SET name = 'leasf' WHERE key = x'33'"],
  ])('is refused when %s, with the name of the file', async (_what, statement) => {
    const file = await written();
    damage(file, statement);
    await expect(openAndRead(file)).rejects.toThrow(/missing|damaged/u);
    await expect(openAndRead(file)).rejects.toThrow(file);
  });

  it('is taken as it is when it was written before there were totals, and has them from then on', async () => {
    const file = await written();
    const database = new Database(file);
    database.exec('DELETE FROM total');
    database.close();
    const backend = openBackend(file);
    readAll(backend);
    backend.beginEntry();
    backend.appendRevision(Revision(ROWS), 0, false, Buffer.from('new'));
    backend.setConsistentIndex(RaftIndex(ROWS), Term(1));
    await backend.close();
    await openAndRead(file);
    damage(file, 'DELETE FROM revision WHERE main = 100');
    await expect(openAndRead(file)).rejects.toThrow('missing');
  });
});

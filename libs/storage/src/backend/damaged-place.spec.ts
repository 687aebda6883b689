import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { RaftIndex, Revision, Term } from '@etcd-ts/foundation';
import { openBackend } from '../testing/opened-backend.js';
import { temporaryDirectories } from '../testing/temporary-directory.js';

const directory = temporaryDirectories();
const ROWS = 400;
const PAGE_BYTES = 8192;
/** Of a page that holds rows of a table: sqlite.org/fileformat2.html, 1.6. */
const TABLE_LEAF = 13;

/** A closed database of several pages. */
async function written(): Promise<string> {
  const file = join(directory(), 'db.sqlite');
  const backend = openBackend(file);
  for (let main = 2; main < ROWS; main++) {
    backend.beginEntry();
    backend.appendRevision(Revision(main), 0, false, Buffer.alloc(100, main));
    backend.bucketPut('authUsers', Buffer.from(`user-${main % 3}`), Buffer.from(`${main}`));
    backend.bucketPut('lease', Buffer.from([0, main % 3]), Buffer.from(`${main}`));
    backend.setConsistentIndex(RaftIndex(main), Term(1));
  }
  await backend.close();
  return file;
}

function damageRow(file: string, bucket: string, key: Buffer): void {
  const database = new Database(file);
  const statement = 'UPDATE bucket SET value = ? WHERE name = ? AND key = ?';
  expect(database.prepare(statement).run(Buffer.from('x'), bucket, key).changes).toBe(1);
  database.close();
}

/** Gives the last page of rows a kind that there is not, which SQLite always notices. Returns its number. */
function damageLastLeaf(file: string): number {
  const bytes = readFileSync(file);
  let page = bytes.length / PAGE_BYTES - 1;
  while (bytes[page * PAGE_BYTES] !== TABLE_LEAF) page--;
  bytes[page * PAGE_BYTES] = 0xff;
  writeFileSync(file, bytes);
  return page + 1;
}

describe('what is damaged in a database', () => {
  it.each([
    ['authUsers', Buffer.from('user-1'), 'row user-1 of bucket authUsers is damaged'],
    ['lease', Buffer.from([0, 2]), 'row 0x0002 of bucket lease is damaged'],
  ])('is named by bucket and key, with the file: %s', async (bucket, key, words) => {
    const file = await written();
    damageRow(file, bucket, key);
    const backend = openBackend(file);
    let failure: unknown;
    try {
      backend.bucketEntries(bucket);
    } catch (error) {
      failure = error;
    }
    await backend.close();
    expect(String(failure)).toContain(words);
    expect(String(failure)).toContain(file);
  });

  it('is named when it keeps the database from being opened, which is not left locked then', async () => {
    const file = await written();
    damageRow(file, 'meta', Buffer.from('consistent_index'));
    for (const attempt of ['first', 'second']) {
      let failure: unknown;
      try {
        openBackend(file);
      } catch (error) {
        failure = error;
      }
      expect([attempt, String(failure)]).toEqual([
        attempt,
        expect.stringContaining('row consistent_index of bucket meta is damaged'),
      ]);
      expect(String(failure)).toContain(file);
    }
  });

  it('is named by its page when SQLite itself cannot make sense of it', async () => {
    const file = await written();
    const page = damageLastLeaf(file);
    const backend = openBackend(file);
    let failure: unknown;
    try {
      backend.scanRevisions(Revision(1), 0, ROWS);
    } catch (error) {
      failure = error;
    }
    await backend.close();
    expect(String(failure)).toContain(`SQLITE_CORRUPT`);
    expect(String(failure)).toContain(`page ${page}`);
    expect(String(failure)).toContain(file);
  });
});

import fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { temporaryDirectories } from '../testing/temporary-directory.js';
import { Checkpointer } from './checkpointer.js';

const directory = temporaryDirectories();

function openedDatabase(): Database.Database {
  const database = new Database(join(directory(), 'db.sqlite'));
  for (const pragma of [
    'page_size = 8192',
    'locking_mode = EXCLUSIVE',
    'journal_mode = WAL',
    'synchronous = OFF',
    'wal_autocheckpoint = 0',
  ]) {
    database.pragma(pragma);
  }
  database.exec('CREATE TABLE row (id INTEGER PRIMARY KEY, value BLOB)');
  return database;
}

const insert = (database: Database.Database, kilobytes: number): void => {
  database.prepare('INSERT INTO row (value) VALUES (?)').run(Buffer.alloc(kilobytes * 1024, 7));
};

describe('a checkpoint', () => {
  afterEach(() => jest.restoreAllMocks());

  it('copies no page of a commit that came while the log was being made durable', async () => {
    const database = openedDatabase();
    const steps: string[] = [];
    const checkpointer = new Checkpointer(database, {
      mayBegin: () => !database.inTransaction,
      failed: (error) => steps.push(String(error)),
    });
    const real = fs.fdatasync.bind(fs);
    let commitsToCome = 2;
    jest.spyOn(fs, 'fdatasync').mockImplementation((fd, done) => {
      steps.push(commitsToCome > 0 ? 'fsync, a commit comes' : 'fsync');
      if (commitsToCome-- > 0) insert(database, 1);
      real(fd, done);
    });
    const pragma = database.pragma.bind(database);
    jest.spyOn(database, 'pragma').mockImplementation((source, options) => {
      if (source.includes('PASSIVE')) steps.push('copy');
      return pragma(source, options);
    });
    insert(database, 5 * 1024);
    checkpointer.begin();
    await checkpointer.idle;
    expect(steps).toEqual([
      'fsync, a commit comes',
      'fsync, a commit comes',
      'fsync',
      'copy',
      'fsync',
    ]);
    expect(checkpointer.blocksCommits).toBe(false);
    checkpointer.closeDatabase();
  });

  it('is not begun in a database that was given up under the one before', async () => {
    const database = openedDatabase();
    const failed = jest.fn();
    const checkpointer = new Checkpointer(database, { mayBegin: () => true, failed });
    insert(database, 5 * 1024);
    checkpointer.begin();
    const shrunk = checkpointer.now();
    checkpointer.abandonDatabase();
    await shrunk;
    expect(failed).not.toHaveBeenCalled();
  });
});

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { errnoOf, messageOf, StorageError } from '../storage-error.js';

export type Sqlite = Database.Database;

/** "etcd" in the file's header, so that tools and we know whose it is. */
const APPLICATION_ID = 0x65746364;
const SCHEMA_VERSION = 1;
/** etcd's own backend in the same directory: bbolt, which this program does not read. */
const BBOLT_FILE = 'db';

/**
 * Revisions are appended, so both tables grow at their right edge and pages fill up completely.
 * `revision` holds sub 0 under the main revision as the row id: the shortest path SQLite has.
 * `checksum` is CRC-32C over the identity and the value, because SQLite's pages carry none; `total`
 * is what the rows must add up to.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS revision (
    main INTEGER PRIMARY KEY, tombstone INTEGER NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS sub_revision (
    main INTEGER NOT NULL, sub INTEGER NOT NULL, tombstone INTEGER NOT NULL,
    checksum INTEGER NOT NULL, value BLOB NOT NULL, PRIMARY KEY (main, sub)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS bucket (
    name TEXT NOT NULL, key BLOB NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (name, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS total (
    name TEXT PRIMARY KEY, rows INTEGER NOT NULL, sum INTEGER NOT NULL
  ) WITHOUT ROWID;
`;

const CREATE = `
  BEGIN IMMEDIATE; ${SCHEMA} PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT
`;

/**
 * Measured (10,000 rows of 300 bytes, quiet machine): 8 KiB pages make COMMIT 2.7 ms instead of
 * 4.4 and a checkpoint 10 ms instead of 16 per 13 MB; mmap with an exclusive lock makes a point
 * read 1.9-2.8 us instead of 5-7, since no shared-memory lock is taken for each statement. The
 * exclusive lock also keeps every other process out of the file.
 *
 * Exclusive only after the first transaction in WAL mode: SQLite has then made the index of its log
 * in shared memory, and can be told to let views in. The other way round it never can.
 */
const PRAGMAS = [
  // While the file is made and turned to WAL mode; synchronous = OFF follows.
  'synchronous = FULL',
  'page_size = 8192',
  'auto_vacuum = INCREMENTAL',
  'journal_mode = WAL',
  // Fsyncs and checkpoints are the Checkpointer's: SQLite's own would hold the event loop.
  'synchronous = OFF',
  'wal_autocheckpoint = 0',
  'cache_size = -16384',
  `mmap_size = ${0x7fff0000}`,
];

/** Of a file that is written from one end to the other, and is worth nothing before the end. */
const IMPORT_PRAGMAS = [
  'synchronous = OFF',
  'page_size = 8192',
  'auto_vacuum = INCREMENTAL',
  'locking_mode = EXCLUSIVE',
  // OFF is refused to us; what is appended is in no journal, so little is held in memory.
  'journal_mode = MEMORY',
  'cache_size = -16384',
];

/**
 * A view reads each page once or twice, for which a map of the file saves nothing (measured), and taking
 * it down at the end would hold the event loop for 5 ms per 100 MB.
 */
const READER_PRAGMAS = ['query_only = ON', 'cache_size = -1024', 'mmap_size = 0'];
/** Nobody else should have the file, and waiting for him would hold the event loop. */
const BUSY_TIMEOUT_MS = 0;

function refuseWrongFile(file: string, mustExist: boolean): void {
  if (fs.existsSync(file)) return;
  const bbolt = join(dirname(file), BBOLT_FILE);
  if (fs.existsSync(bbolt)) {
    throw new StorageError(
      'backendForeign',
      `${bbolt} is a bbolt database of the original etcd, which this server does not open; ` +
        `restore a snapshot of it, or join with an empty data directory`,
    );
  }
  if (mustExist) {
    throw new StorageError('backendMissing', `database file (${file}) of the backend is missing`);
  }
}

function openChecked(file: string): Sqlite {
  const existed = fs.existsSync(file) && fs.statSync(file).size > 0;
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    for (const pragma of PRAGMAS) database.pragma(pragma);
    const id = database.pragma('application_id', { simple: true });
    // 0: the process died between creating the file and its first transaction.
    if (existed && id !== APPLICATION_ID && id !== 0) {
      throw new StorageError('backendForeign', `${file} is not an etcd database`);
    }
    database.exec(CREATE);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Somebody else has the file. */
export function isBusy(error: unknown): boolean {
  // Not by class: the addon is loaded once in a process, its module perhaps more than once.
  return errnoOf(error)?.startsWith('SQLITE_BUSY') === true;
}

/** Opens or creates the file and its tables. Throws StorageError. */
export function openDatabase(file: string, mustExist: boolean): Sqlite {
  refuseWrongFile(file, mustExist);
  try {
    if (!fs.existsSync(file)) fs.closeSync(fs.openSync(file, 'wx', 0o600));
    return openChecked(file);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    const reason = messageOf(error);
    if (isBusy(error)) {
      throw new StorageError('dataDirectoryLocked', `${file} is in use by another process`, error);
    }
    throw new StorageError('backendFailed', `cannot open ${file}: ${reason}`, error);
  }
}

/** A new file for an import, with its tables. */
export function createDatabase(file: string): Sqlite {
  fs.closeSync(fs.openSync(file, 'wx', 0o600));
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    for (const pragma of IMPORT_PRAGMAS) database.pragma(pragma);
    database.exec(CREATE);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A connection inside a read transaction: it sees what was committed before, and goes on seeing it. */
export function openReader(file: string): Sqlite {
  const database = new Database(file, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    for (const pragma of READER_PRAGMAS) database.pragma(pragma);
    // The transaction begins with the first read, not with BEGIN.
    database.exec('BEGIN; SELECT 1 FROM bucket LIMIT 1');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

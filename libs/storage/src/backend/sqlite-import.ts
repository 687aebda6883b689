import { dirname } from 'node:path';
import type { Revision } from '@etcd-ts/foundation';
import { toBinaryString } from '@etcd-ts/foundation';
import type { Disk, DiskFile } from '../disk.js';
import { messageOf, StorageError } from '../storage-error.js';
import type { ImportTarget } from './backend-import.js';
import { BucketTable } from './bucket-table.js';
import { createDatabase, type Sqlite } from './database.js';
import { removeDatabase } from './file-replacement.js';
import type { RevisionRow } from './pending-changes.js';
import { RevisionTable, ROWS_PER_INSERT } from './revision-table.js';

/**
 * Synced so often: an fsync of gigabytes at the end would hold up those of the raft log, and with
 * them the heartbeats' answers, for seconds.
 */
const SYNC_BYTES = 32 * 1024 * 1024;
/** Rows wait for a statement of many, but not with so much in them. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Syncs nothing that others wait for: until it is renamed the file is worth nothing. */
export class SqliteImport implements ImportTarget {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #database: Sqlite;
  readonly #file: DiskFile;
  readonly #revisions: RevisionTable;
  readonly #buckets: BucketTable;
  #waiting: RevisionRow[] = [];
  #waitingBytes = 0;
  #unsyncedBytes = 0;

  private constructor(path: string, disk: Disk, database: Sqlite) {
    this.#path = path;
    this.#disk = disk;
    this.#database = database;
    this.#file = disk.open(database.name, 'update');
    this.#revisions = new RevisionTable(database);
    this.#buckets = new BucketTable(database);
    database.exec('BEGIN');
  }

  static create(path: string, disk: Disk): SqliteImport {
    return asIo(path, () => {
      // A log of another database under this name would be taken for this one's.
      removeDatabase(path, disk);
      removeDatabase(`${path}.tmp`, disk);
      disk.syncDirectoryNow(dirname(path));
      return new SqliteImport(path, disk, createDatabase(`${path}.tmp`));
    });
  }

  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void {
    asIo(this.#path, () => {
      const row = { main: main as Revision, sub, tombstone, value };
      if (sub === 0) this.#waiting.push(row);
      else this.#revisions.insert(row);
      this.#waitingBytes += value.length;
      this.#unsyncedBytes += value.length;
      if (this.#waiting.length === ROWS_PER_INSERT || this.#waitingBytes >= MAX_WAITING_BYTES) {
        this.#flush();
      }
    });
  }

  putBucket(bucket: string, key: Uint8Array, value: Uint8Array): void {
    asIo(this.#path, () => this.#buckets.write(bucket, toBinaryString(key), value));
    this.#unsyncedBytes += value.length;
  }

  #flush(): void {
    const rows = this.#waiting;
    if (rows.length === ROWS_PER_INSERT) this.#revisions.insertMany(rows);
    else for (const row of rows) this.#revisions.insert(row);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  async settle(): Promise<void> {
    asIo(this.#path, () => {
      this.#flush();
      this.#database.exec('COMMIT; BEGIN');
    });
    if (this.#unsyncedBytes < SYNC_BYTES) {
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    this.#unsyncedBytes = 0;
    try {
      await this.#file.sync();
    } catch (error) {
      throw ioError(this.#path, error);
    }
  }

  async finish(): Promise<void> {
    asIo(this.#path, () => {
      this.#flush();
      this.#revisions.saveTotal();
      this.#buckets.saveTotal();
      this.#database.exec('COMMIT');
      this.#database.close();
    });
    try {
      await this.#file.sync();
      this.#disk.rename(`${this.#path}.tmp`, this.#path);
      await this.#disk.syncDirectory(dirname(this.#path));
    } catch (error) {
      throw ioError(this.#path, error);
    } finally {
      this.#file.close();
    }
  }

  abort(): void {
    if (this.#database.open) {
      this.#database.close();
      this.#file.close();
    }
    removeDatabase(`${this.#path}.tmp`, this.#disk);
  }
}

function asIo<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw ioError(path, error);
  }
}

function ioError(path: string, cause: unknown): StorageError {
  return new StorageError('io', `cannot build ${path}: ${messageOf(cause)}`, cause);
}

import { assert } from '@etcd-ts/foundation';
import { type Disk, NODE_DISK } from '../disk.js';
import { StorageError } from '../storage-error.js';
import { BucketTable } from './bucket-table.js';
import { Checkpointer } from './checkpointer.js';
import { writeChanges } from './commit-writer.js';
import { damagedPlace, isDamage } from './damaged-place.js';
import { isBusy, openDatabase, openReader, type Sqlite } from './database.js';
import { finishReplacement, replaceFile } from './file-replacement.js';
import type { PendingChanges } from './pending-changes.js';
import { RevisionTable } from './revision-table.js';
import { sqliteFailure } from './sqlite-failure.js';
import type { DatabaseView, StateDatabase } from './state-database.js';

/**
 * The state in one SQLite file.
 *
 * The connection holds the file exclusively, which spares it a lock for each statement, except
 * while views are open: a view is a read transaction on a connection of its own. SQLite keeps for
 * it every page it may need, so nothing is checkpointed meanwhile, and SQLite's log grows by what
 * is committed: on disk, not in memory.
 */
export class SqliteDatabase implements StateDatabase {
  readonly revisions: RevisionTable;
  readonly buckets: BucketTable;
  readonly #database: Sqlite;
  readonly #disk: Disk;
  readonly #checkpointer: Checkpointer;
  readonly #views = new Set<SqliteView>();
  /** Asked after each commit: compiled once, which is most of what they cost. */
  readonly #pageCount: () => number;
  readonly #freePages: () => number;
  readonly #pageBytes: number;
  #exclusive = true;
  onFailure: (error: unknown) => void = () => undefined;

  private constructor(database: Sqlite, disk: Disk) {
    this.#database = database;
    this.#disk = disk;
    this.revisions = new RevisionTable(database);
    this.buckets = new BucketTable(database);
    this.#pageCount = numberOf(database, 'page_count');
    this.#freePages = numberOf(database, 'freelist_count');
    this.#pageBytes = numberOf(database, 'page_size')();
    this.#checkpointer = new Checkpointer(database, {
      mayBegin: () => !database.inTransaction && this.#exclusive,
      failed: (error) => this.onFailure(error),
    });
  }

  /**
   * Creates the file when it may be new. `disk` renames and removes files; SQLite's reads and writes
   * do not go through it. Throws StorageError: 'backendMissing', 'backendForeign'
   * (bbolt, or not ours), 'dataDirectoryLocked', 'backendFailed'.
   */
  static open(file: string, mustExist: boolean, disk: Disk = NODE_DISK): SqliteDatabase {
    finishReplacement(disk, file);
    const opened = new SqliteDatabase(openDatabase(file, mustExist), disk);
    try {
      opened.buckets.verify();
      return opened;
    } catch (error) {
      const text = `cannot open the backend: ${opened.describe(error)}`;
      opened.abandon();
      throw new StorageError('backendFailed', text, error);
    }
  }

  get path(): string {
    return this.#database.name;
  }

  describe(failure: unknown): string {
    const place = isDamage(failure) ? damagedPlace(this.#database) : undefined;
    return `${sqliteFailure(failure, this.path)}${place === undefined ? '' : `: ${place}`}`;
  }

  get blocksCommits(): boolean {
    return this.#checkpointer.blocksCommits;
  }

  get idle(): Promise<void> {
    return this.#checkpointer.idle;
  }

  unblockNow(): void {
    this.#checkpointer.unblockNow();
  }

  write(changes: PendingChanges): Generator<void, void, number> {
    return writeChanges(this.#database, this.revisions, this.buckets, changes);
  }

  tend(): void {
    this.#takeBack();
    this.#checkpointer.begin();
  }

  sync(): Promise<void> {
    return this.#checkpointer.syncLog();
  }

  size(): { bytes: number; bytesInUse: number } {
    const pages = this.#pageCount();
    return {
      bytes: pages * this.#pageBytes,
      bytesInUse: (pages - this.#freePages()) * this.#pageBytes,
    };
  }

  reclaim(maxPages: number): number {
    const before = this.#freePages();
    if (before === 0) return 0;
    this.unblockNow();
    this.#database.exec(`PRAGMA incremental_vacuum(${Math.max(1, Math.floor(maxPages))})`);
    return Math.max(0, before - this.#freePages());
  }

  shrinkFile(): Promise<void> {
    this.#takeBack();
    return this.#checkpointer.now();
  }

  integrityCheck(): readonly string[] {
    const rows = this.#database.pragma('integrity_check') as { integrity_check: string }[];
    return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  }

  openView(): DatabaseView {
    assert(!this.#database.inTransaction, 'a view is opened between commits');
    assert(!this.blocksCommits, 'a view is opened between checkpoints');
    this.#share();
    const view = new SqliteView(openReader(this.path), () => this.#views.delete(view));
    this.#views.add(view);
    return view;
  }

  /** SQLite gives an exclusive lock up at the end of a write transaction, be it an empty one. */
  #share(): void {
    if (!this.#exclusive) return;
    this.#exclusive = false;
    this.#database.pragma('locking_mode = NORMAL');
    this.#database.exec('BEGIN IMMEDIATE; COMMIT');
  }

  /**
   * Takes the exclusive lock again, when no view is left. A stranger who came in meanwhile (somebody
   * looks into the file) keeps it away: everything goes on, but no checkpoint, until he leaves.
   */
  #takeBack(): void {
    if (this.#exclusive || this.#views.size > 0 || this.#database.inTransaction) return;
    this.#database.pragma('locking_mode = EXCLUSIVE');
    try {
      this.#database.exec('BEGIN IMMEDIATE; COMMIT');
      this.#exclusive = true;
    } catch (error) {
      if (!isBusy(error)) throw error;
      this.#database.pragma('locking_mode = NORMAL');
    }
  }

  replaceBy(incoming: StateDatabase): SqliteDatabase {
    assert(incoming instanceof SqliteDatabase && incoming !== this, 'two files of SQLite');
    assert(this.#views.size + incoming.#views.size === 0, 'nobody views either');
    const { path } = this;
    incoming.#checkpointer.sealDatabase();
    replaceFile(this.#disk, incoming.path, path);
    // Before the new one is opened: connections to both would share one index of one log.
    this.#checkpointer.abandonDatabase();
    return SqliteDatabase.open(path, true, this.#disk);
  }

  /** As it is, at once: what is in it is worth nothing. */
  abandon(): void {
    this.#checkpointer.abandonDatabase();
  }

  async close(): Promise<void> {
    for (const view of this.#views) view.close();
    await this.#checkpointer.idle;
    this.#checkpointer.closeDatabase();
  }
}

function numberOf(database: Sqlite, pragma: string): () => number {
  const statement = database.prepare(`PRAGMA ${pragma}`).pluck();
  return () => statement.get() as number;
}

/** Its own connection, inside one read transaction from the beginning to the end. */
class SqliteView implements DatabaseView {
  readonly revisions: RevisionTable;
  readonly buckets: BucketTable;
  readonly #reader: Sqlite;
  readonly #closed: () => void;

  constructor(reader: Sqlite, closed: () => void) {
    this.#reader = reader;
    this.#closed = closed;
    this.revisions = new RevisionTable(reader);
    this.buckets = new BucketTable(reader);
  }

  close(): void {
    if (!this.#reader.open) return;
    this.#reader.close();
    this.#closed();
  }
}

import fs from 'node:fs';
import { dirname } from 'node:path';
import { NODE_DISK } from '../disk.js';
import type { Sqlite } from './database.js';

/**
 * SQLite's log is moved into the database file when it has this many frames (4 MiB of pages). The
 * move holds the event loop for about 0.8 ms per megabyte (measured), the fsyncs around it do not.
 */
const CHECKPOINT_FRAMES = 512;

interface LogState {
  /** Frames in the log, and how many of them are in the database file already. */
  readonly log: number;
  readonly checkpointed: number;
}

export interface CheckpointTerms {
  /**
   * False while a commit is being written or a view is open: the one has frames that no fsync has
   * covered, the other needs the database as it is. Whatever ends them calls begin() again.
   */
  readonly mayBegin: () => boolean;
  readonly failed: (error: unknown) => void;
}

function fdatasync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, (error) => (error ? reject(error) : resolve()));
  });
}

function fsync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(fd, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Makes commits durable, and keeps SQLite's log short, with every fsync off the event loop.
 *
 * Durable: in WAL mode a commit is a run of frames in `-wal`, each checksummed in a chain. Once
 * fdatasync of that file returns, recovery finds every commit before it. No checkpoint is needed.
 *
 * SQLite itself runs with synchronous = OFF, because its own fsyncs would hold the event loop. So
 * a checkpoint is done here, in the only safe order: fsync the log (a page must not reach the
 * database before the frame that explains it is durable); copy the pages; fsync the database;
 * truncate the log (or old frames could be taken for the start of a new log after a power loss);
 * fsync that. Only then may another commit begin: it would overwrite frames still needed.
 *
 * Both descriptors stay open as long as the connection: an fsync error is reported once to each
 * descriptor that was open, and closing any descriptor of the database file drops SQLite's POSIX
 * lock on it.
 */
export class Checkpointer {
  readonly #database: Sqlite;
  readonly #databaseFd: number;
  readonly #walFd: number;
  readonly #terms: CheckpointTerms;
  #running: Promise<void> | undefined;
  /** Pages are copied, but the log is not yet durably empty: no commit may begin. */
  #copied = false;
  /** Fsyncs that others wait for. */
  readonly #syncs = new Set<Promise<void>>();
  #isAbandoned = false;

  /** The database must have committed something, so that its log exists. */
  constructor(database: Sqlite, terms: CheckpointTerms) {
    this.#database = database;
    this.#terms = terms;
    this.#databaseFd = fs.openSync(database.name, 'r+');
    this.#walFd = fs.openSync(`${database.name}-wal`, 'r+');
    fs.fsyncSync(this.#walFd);
    fs.fsyncSync(this.#databaseFd);
    // The names of both files.
    NODE_DISK.syncDirectoryNow(dirname(database.name));
  }

  /** While true, neither commit nor vacuum may start. */
  get blocksCommits(): boolean {
    return this.#copied;
  }

  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  syncLog(): Promise<void> {
    const sync = fdatasync(this.#walFd);
    this.#syncs.add(sync);
    const done = (): boolean => this.#syncs.delete(sync);
    sync.then(done, done);
    return sync;
  }

  /** Starts a checkpoint when the log is long enough and none is running. */
  begin(): void {
    if (this.#running === undefined && this.#terms.mayBegin()) this.#beginFrom(CHECKPOINT_FRAMES);
  }

  /** The same however short the log is: only then does the file give freed pages back. */
  async now(): Promise<void> {
    await this.#running;
    if (this.#running === undefined && this.#terms.mayBegin()) this.#beginFrom(1);
    await this.#running;
  }

  #beginFrom(frames: number): void {
    // Given up under somebody who waited for the one before.
    if (this.#isAbandoned || this.#pendingFrames() < frames) return;
    this.#running = this.#checkpoint()
      .catch(this.#terms.failed)
      .finally(() => {
        this.#running = undefined;
      });
  }

  #pendingFrames(): number {
    const state = this.#logState();
    return state.log - state.checkpointed;
  }

  #logState(): LogState {
    const [state] = this.#database.pragma('wal_checkpoint(NOOP)') as [LogState];
    return state;
  }

  async #checkpoint(): Promise<void> {
    // A commit that came and went during the fsync has frames which may not be durable: copying
    // its pages would let a power loss leave some of them in the database with nothing in the log
    // to complete or undo them. So the copy waits for an fsync that nothing was committed during.
    for (let durable = -1; durable !== this.#logState().log;) {
      durable = this.#logState().log;
      await fdatasync(this.#walFd);
      if (this.#isAbandoned) return;
      // A commit has begun or a view was opened meanwhile: its end starts the next attempt.
      if (!this.#terms.mayBegin()) return;
    }
    this.#copied = true;
    this.#database.pragma('wal_checkpoint(PASSIVE)');
    await fdatasync(this.#databaseFd);
    // unblockNow() has finished this meanwhile, and commits may be in the log again.
    if (!this.#copied || this.#isAbandoned) return;
    this.#truncateLog();
    await fsync(this.#walFd);
    this.#copied = false;
  }

  /** Nothing is left to copy, so this only cuts the file. */
  #truncateLog(): void {
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  /** For a caller that cannot wait: ends the time in which commits are blocked. */
  unblockNow(): void {
    if (!this.#copied) return;
    fs.fdatasyncSync(this.#databaseFd);
    this.#truncateLog();
    fs.fsyncSync(this.#walFd);
    this.#copied = false;
  }

  /**
   * SQLite's last checkpoint, at closing, removes the log: now it must do its own fsyncs. Nothing may
   * be running.
   */
  closeDatabase(): void {
    try {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      this.#database.pragma('synchronous = FULL');
    } finally {
      this.#database.close();
      this.#closeFiles();
    }
  }

  /**
   * Closes the database, from under whatever is running, with everything in its file and no log.
   * What SQLite takes for copied is not necessarily durable, hence unblockNow() first.
   */
  sealDatabase(): void {
    this.unblockNow();
    this.#isAbandoned = true;
    try {
      this.#database.pragma('synchronous = FULL');
    } finally {
      this.#database.close();
      this.#closeFilesLater();
    }
  }

  /**
   * Closes a database whose name another file has taken: SQLite notices that, and neither moves the
   * log into the old file nor removes it by its name, which is the other's now.
   */
  abandonDatabase(): void {
    this.#isAbandoned = true;
    try {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    } finally {
      this.#database.close();
      this.#closeFilesLater();
    }
  }

  /** A descriptor closed under an fsync may be another file's by the time that begins. */
  #closeFilesLater(): void {
    const pending = [this.idle, ...this.#syncs];
    void Promise.allSettled(pending).then(() => this.#closeFiles());
  }

  #closeFiles(): void {
    fs.closeSync(this.#walFd);
    fs.closeSync(this.#databaseFd);
  }
}

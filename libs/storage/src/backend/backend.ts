import {
  assert,
  META_BUCKET,
  type RaftIndex,
  type Revision,
  type Term,
  toBinaryString,
} from '@etcd-ts/foundation';
import type { SnapshotPosition } from '../log-record.js';
import { StorageError } from '../storage-error.js';
import type { BackendOptions } from './backend-options.js';
import type { BackendView } from './backend-view.js';
import { GroupCommit } from './group-commit.js';
import { OpenViews } from './open-views.js';
import type { RevisionRow } from './pending-changes.js';
import { SqliteDatabase } from './sqlite-database.js';
import type { StateDatabase } from './state-database.js';
import { StateView } from './state-view.js';
import { StatePosition } from './stored-position.js';

/**
 * The state database: mvcc's revisions and etcd's buckets in one SQLite file.
 *
 * Mutations are buffered, visible to reads at once, and written by commits in batches. The applied
 * index is part of the same transaction as the effects of the entries up to it, and a commit never
 * starts inside an entry: after a crash the database is exactly the state at its consistent index,
 * and replaying the raft log from there repeats nothing and misses nothing.
 *
 * After any error of SQLite or of an fsync the backend stays failed: every call that would write
 * throws StorageError('backendFailed').
 */
export class Backend {
  readonly #options: BackendOptions;
  #database: StateDatabase;
  #view: StateView;
  #commits: GroupCommit;
  readonly #openViews = new OpenViews(
    (error) => this.#fail(error),
    () => {
      if (this.#failure === undefined) this.#guard(() => this.#database.tend());
    },
  );
  #entryOpen = false;
  #position: StatePosition;
  #sizeBytes = 0;
  #sizeInUseBytes = 0;
  #failure: StorageError | undefined;
  /** Adopted by another. */
  #isSpent = false;

  /** Over a database that nobody else has. Throws StorageError('backendFailed'). */
  constructor(database: StateDatabase, options: BackendOptions) {
    this.#options = options;
    this.#database = database;
    this.#view = new StateView(database);
    this.#commits = this.#commitsInto(database, this.#view);
    this.#position = this.#guard(() => new StatePosition(database));
    this.#attach();
  }

  #attach(): void {
    this.#database.onFailure = (error) => this.#fail(error);
    this.#position = new StatePosition(this.#database);
    this.#measure();
  }

  /**
   * Creates the file when it may be new. Throws StorageError: 'backendMissing', 'backendForeign'
   * (bbolt, or not ours), 'dataDirectoryLocked', 'backendFailed'.
   */
  static open(file: string, options: BackendOptions): Backend {
    const database = SqliteDatabase.open(file, options.mustExist, options.disk);
    try {
      return new Backend(database, options);
    } catch (error) {
      database.abandon();
      throw error;
    }
  }

  #commitsInto(database: StateDatabase, view: StateView): GroupCommit {
    const { clock, observer, soon = setImmediate } = this.#options;
    return new GroupCommit(database, view, {
      clock,
      soon,
      pendingOperations: () => this.pendingOperations,
      atBoundary: () => {
        assert(!this.#entryOpen, 'a commit must not begin inside an entry');
        this.#position.writeTo(this.#view.pending);
      },
      guard: (action) => this.#guard(action),
      committed: (durationSeconds, operations) => {
        this.#measure();
        observer?.committed(durationSeconds, operations);
      },
    });
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Runs what may fail in SQLite; the first failure is final. */
  #guard<T>(action: () => T): T {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return action();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #fail(cause: unknown): StorageError {
    this.#failure ??= new StorageError(
      cause instanceof StorageError ? cause.code : 'backendFailed',
      `backend failed: ${this.#database.describe(cause)}`,
      cause,
    );
    this.#options.logger.error('backend failed; nothing more is stored', {
      path: this.#database.path,
      error: this.#failure,
    });
    return this.#failure;
  }

  /** Opens a raft entry: until setConsistentIndex() no commit may start (asserted). */
  beginEntry(): void {
    assert(!this.#entryOpen, 'an entry is already open');
    this.#entryOpen = true;
  }

  /** Ends the entry: its mutations and this index become durable together. */
  setConsistentIndex(index: RaftIndex, term: Term): void {
    assert(this.#entryOpen, 'setConsistentIndex() without beginEntry()');
    this.#entryOpen = false;
    this.#position.applied = { index, term };
  }

  consistentIndex(): SnapshotPosition {
    return this.#position.applied;
  }

  /** Keeps `value` without copying. Revisions ascend (asserted among those pending). */
  appendRevision(main: Revision, sub: number, tombstone: boolean, value: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#view.pending.append({ main, sub, tombstone, value });
  }

  readRevision(main: Revision, sub: number): Uint8Array | undefined {
    return this.#guard(() => this.#view.readRevision(main, sub));
  }

  /** Ascending, from (fromMain, fromSub) inclusive; fewer than maxRows only at the end. */
  scanRevisions(fromMain: Revision, fromSub: number, maxRows: number): readonly RevisionRow[] {
    return this.#guard(() => this.#view.scanRevisions(fromMain, fromSub, maxRows));
  }

  /** Absent ones are ignored. All deletions of one commit become durable together. */
  deleteRevisions(revisions: readonly { readonly main: Revision; readonly sub: number }[]): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const { main, sub } of revisions) this.#view.pending.deleted.add(main, sub);
  }

  readMeta(name: string): Uint8Array | undefined {
    return this.bucketGet(META_BUCKET, Buffer.from(name));
  }

  writeMeta(name: string, value: Uint8Array): void {
    this.bucketPut(META_BUCKET, Buffer.from(name), value);
  }

  /** Keeps `value` without copying. */
  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#view.pending.setBucket(bucket, toBinaryString(key), value);
  }

  bucketDelete(bucket: string, key: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#view.pending.setBucket(bucket, toBinaryString(key), undefined);
  }

  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined {
    this.#position.writeTo(this.#view.pending);
    return this.#guard(() => this.#view.bucketGet(bucket, toBinaryString(key)));
  }

  /** In byte order of the keys, as of now: later changes are not seen by the iteration. */
  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]> {
    this.#position.writeTo(this.#view.pending);
    return this.#guard(() => this.#view.bucketEntries(bucket));
  }

  /** Durable with the rows it is the newest of; `readMeta('currentRevision')` tells it. */
  setCurrentRevision(revision: Revision): void {
    this.#position.revision = revision;
  }

  /** Buffered and not yet part of a commit: rows, deletions, bucket changes. */
  get pendingOperations(): number {
    return this.#view.pending.operations + (this.#position.isUnwritten ? 1 : 0);
  }

  /**
   * Begins a commit of everything pending, or goes on with the one begun, writing about
   * `maxOperations`; the last step commits. True when no commit is left to go on with: all is
   * committed, or (while a checkpoint's fsync is on its way) none may begin yet; call again later.
   */
  commitStep(maxOperations: number): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#commits.step(maxOperations);
  }

  /** All of it now: for tests, shutdown and small batches. Not durable against power loss. */
  commit(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#commits.now();
  }

  /**
   * Commits what was pending at the call, in slices, and fsyncs off the event loop: afterwards the
   * raft log below the consistent index at the call may be cut. Rejects with StorageError.
   */
  async commitDurable(): Promise<void> {
    await this.#commits.finish(() => undefined);
    if (this.#failure !== undefined) throw this.#failure;
    const database = this.#database;
    try {
      await database.sync();
    } catch (error) {
      // What has been adopted meanwhile is durable, and ahead of what was to be synced here.
      if (database === this.#database) throw this.#fail(error);
    }
  }

  /** Views that are open, or being opened. */
  get openViewCount(): number {
    return this.#openViews.count;
  }

  /**
   * A view of everything applied before the call, or later; up to MAX_OPEN_VIEWS of them. It need not
   * be durable here: what it holds was committed, so a quorum has it in its logs. While a view is
   * open, the log of the database grows by what is committed: views are for passing the state on.
   * Rejects with StorageError: 'tooManyViews', 'backendFailed'.
   */
  async openView(): Promise<BackendView> {
    this.#openViews.reserve();
    try {
      for (;;) {
        const view = await this.#commits.finish(() =>
          this.#guard(() => this.#openViews.add(this.#database.openView())),
        );
        if (view !== undefined) return view;
      }
    } catch (error) {
      this.#openViews.release();
      throw error;
    }
  }

  /**
   * Takes over what `incoming` holds, under this backend's path: from one call to the next every read
   * shows it. What this one held is gone, with whatever was not committed; its views are closed.
   * `incoming` (whose file is in the same directory, and which has no view) is spent.
   *
   * Synchronous, with a handful of fsyncs. A crash at any point leaves one of the two whole under
   * this path. After an error this backend is failed, unless `incoming` could not be committed.
   */
  adopt(incoming: Backend): void {
    assert(!this.#entryOpen && !incoming.#entryOpen, 'no state changes hands inside an entry');
    assert(incoming.#openViews.count === 0, 'nobody views the state that is adopted');
    incoming.commit();
    this.#guard(() => {
      this.#openViews.closeAll();
      for (const backend of [this, incoming]) {
        backend.#commits.giveUp();
        backend.#database.onFailure = () => undefined;
      }
      incoming.#isSpent = true;
      incoming.#failure = new StorageError('backendFailed', 'this state has been adopted');
      this.#database = this.#database.replaceBy(incoming.#database);
      this.#view = new StateView(this.#database);
      this.#commits = this.#commitsInto(this.#database, this.#view);
      this.#attach();
    });
  }

  #measure(): void {
    const { bytes, bytesInUse } = this.#database.size();
    this.#sizeBytes = bytes;
    this.#sizeInUseBytes = bytesInUse;
  }

  /** Size of the database as of the last commit. */
  sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The same without its free pages. */
  sizeInUseBytes(): number {
    return this.#sizeInUseBytes;
  }

  /** Gives up to maxPages free pages back to the file system; the number given back. */
  reclaim(maxPages: number): number {
    return this.#guard(() => {
      const given = this.#database.reclaim(maxPages);
      if (given > 0) this.#measure();
      return given;
    });
  }

  /**
   * Lets the file on disk shrink to sizeBytes(): pages given up by reclaim() leave it only when
   * the database's log is moved into it. Gives way to a commit that begins meanwhile, and to views:
   * then the file shrinks some time after they are closed.
   */
  async shrinkFile(): Promise<void> {
    await this.commitDurable();
    await this.#database.shrinkFile();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Empty when sound, else what SQLite found. Reads the whole file at once: offline work. */
  integrityCheck(): readonly string[] {
    return this.#guard(() => this.#database.integrityCheck());
  }

  /**
   * Commits what is complete (nothing when failed or inside an entry), and closes the views and the
   * file.
   */
  async close(): Promise<void> {
    if (this.#isSpent) return;
    try {
      if (this.#failure === undefined && !this.#entryOpen) this.commit();
    } finally {
      this.#openViews.closeAll();
      await this.#database.close();
    }
  }
}

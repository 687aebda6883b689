import {
  asBuffer,
  assert,
  type BinaryString,
  RaftIndex,
  type Revision,
  Term,
  toBinaryString,
} from '@etcd-ts/foundation';
import { StorageError } from '../storage-error.js';
import type { BackendOptions } from './backend-options.js';
import { type BackendView, CommittedView } from './backend-view.js';
import { CONSISTENT_INDEX, META_BUCKET, TERM } from './bucket-names.js';
import { GroupCommit } from './group-commit.js';
import type { RevisionRow } from './pending-changes.js';
import { SqliteDatabase } from './sqlite-database.js';
import type { StateDatabase } from './state-database.js';
import { StateView } from './state-view.js';

/** Six followers of the largest cluster that etcd advises, and two clients that save a snapshot. */
export const MAX_OPEN_VIEWS = 8;

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

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
  readonly #openViews = new Set<BackendView>();
  /** Those being opened too. */
  #viewCount = 0;
  #entryOpen = false;
  #index: RaftIndex;
  #term: Term;
  #indexChanged = false;
  #sizeBytes = 0;
  #sizeInUseBytes = 0;
  #failure: StorageError | undefined;

  /** Over a database that nobody else has. Throws StorageError('backendFailed'). */
  constructor(database: StateDatabase, options: BackendOptions) {
    this.#options = options;
    this.#database = database;
    this.#view = new StateView(database);
    this.#commits = this.#commitsInto(database, this.#view);
    database.onFailure = (error) => this.#fail(error);
    this.#index = RaftIndex(this.#storedCounter(CONSISTENT_INDEX));
    this.#term = Term(this.#storedCounter(TERM));
    this.#measure();
  }

  /**
   * Creates the file when it may be new. Throws StorageError: 'backendMissing', 'backendForeign'
   * (bbolt, or not ours), 'dataDirectoryLocked', 'backendFailed'.
   */
  static open(file: string, options: BackendOptions): Backend {
    return new Backend(SqliteDatabase.open(file, options.mustExist), options);
  }

  #commitsInto(database: StateDatabase, view: StateView): GroupCommit {
    const { clock, observer, soon = setImmediate } = this.#options;
    return new GroupCommit(database, view, {
      clock,
      soon,
      pendingOperations: () => this.pendingOperations,
      atBoundary: () => {
        assert(!this.#entryOpen, 'a commit must not begin inside an entry');
        this.#bufferConsistentIndex();
      },
      guard: (action) => this.#guard(action),
      committed: (durationSeconds, operations) => {
        this.#measure();
        observer?.committed(durationSeconds, operations);
      },
    });
  }

  #storedCounter(name: BinaryString): number {
    const bytes = this.#database.buckets.get(META_BUCKET, name);
    return bytes === undefined ? 0 : Number(asBuffer(bytes).readBigUInt64BE());
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
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failure ??=
      cause instanceof StorageError
        ? cause
        : new StorageError('backendFailed', `backend failed: ${reason}`, cause);
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
    this.#index = index;
    this.#term = term;
    this.#indexChanged = true;
  }

  consistentIndex(): { readonly index: RaftIndex; readonly term: Term } {
    return { index: this.#index, term: this.#term };
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
    this.#bufferConsistentIndex();
    return this.#guard(() => this.#view.bucketGet(bucket, toBinaryString(key)));
  }

  /** In byte order of the keys, as of now: later changes are not seen by the iteration. */
  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]> {
    this.#bufferConsistentIndex();
    return this.#guard(() => this.#view.bucketEntries(bucket));
  }

  /** Written into the bucket once per commit or read, not once per entry. */
  #bufferConsistentIndex(): void {
    if (!this.#indexChanged) return;
    this.#indexChanged = false;
    this.#view.pending.setBucket(META_BUCKET, CONSISTENT_INDEX, uint64(this.#index));
    this.#view.pending.setBucket(META_BUCKET, TERM, uint64(this.#term));
  }

  /** Buffered and not yet part of a commit: rows, deletions, bucket changes. */
  get pendingOperations(): number {
    return this.#view.pending.operations + (this.#indexChanged ? 1 : 0);
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
    try {
      await this.#database.sync();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /**
   * A view of everything applied before the call, or later; up to MAX_OPEN_VIEWS of them. It need not
   * be durable here: what it holds was committed, so a quorum has it in its logs. While a view is
   * open, the log of the database grows by what is committed: views are for passing the state on.
   * Rejects with StorageError: 'tooManyViews', 'backendFailed'.
   */
  async openView(): Promise<BackendView> {
    if (this.#viewCount === MAX_OPEN_VIEWS) {
      throw new StorageError('tooManyViews', `${MAX_OPEN_VIEWS} views of the backend are open`);
    }
    this.#viewCount++;
    try {
      for (;;) {
        const view = await this.#commits.finish(() => this.#openViewNow());
        if (view !== undefined) return view;
      }
    } catch (error) {
      this.#viewCount--;
      throw error;
    }
  }

  #openViewNow(): BackendView {
    return this.#guard(() => {
      const view: BackendView = new CommittedView(
        this.#database.openView(),
        () => this.#viewClosed(view),
        (error) => this.#fail(error),
      );
      this.#openViews.add(view);
      return view;
    });
  }

  #viewClosed(view: BackendView): void {
    this.#openViews.delete(view);
    this.#viewCount--;
    if (this.#failure === undefined) this.#guard(() => this.#database.tend());
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
    try {
      if (this.#failure === undefined && !this.#entryOpen) this.commit();
    } finally {
      for (const view of this.#openViews) view.close();
      await this.#database.close();
    }
  }
}

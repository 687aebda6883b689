import {
  assert,
  type BinaryString,
  RaftIndex,
  type Revision,
  Term,
  toBinaryString,
} from '@etcd-ts/foundation';
import { StorageError } from '../storage-error.js';
import type { BackendOptions } from './backend-options.js';
import { BucketTable } from './bucket-table.js';
import { Checkpointer } from './checkpointer.js';
import { writeChanges } from './commit-writer.js';
import { openDatabase, type Sqlite } from './database.js';
import type { PendingChanges, RevisionRow } from './pending-changes.js';
import { RevisionTable } from './revision-table.js';
import { StateView } from './state-view.js';

const META_BUCKET = 'meta';
const CONSISTENT_INDEX = toBinaryString(Buffer.from('consistent_index'));
const TERM = toBinaryString(Buffer.from('term'));
/** One slice of commitDurable(): two or three milliseconds. */
const OPERATIONS_PER_SLICE = 1000;

interface Commit {
  readonly changes: PendingChanges;
  readonly writer: Generator<void, void, number>;
  readonly operations: number;
  durationMs: number;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

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
  readonly #database: Sqlite;
  readonly #options: BackendOptions;
  readonly #revisions: RevisionTable;
  readonly #buckets: BucketTable;
  readonly #view: StateView;
  readonly #checkpointer: Checkpointer;
  #commit: Commit | undefined;
  #entryOpen = false;
  #index: RaftIndex;
  #term: Term;
  #indexChanged = false;
  #sizeBytes = 0;
  #sizeInUseBytes = 0;
  #failure: StorageError | undefined;

  private constructor(database: Sqlite, options: BackendOptions) {
    this.#database = database;
    this.#options = options;
    this.#revisions = new RevisionTable(database);
    this.#buckets = new BucketTable(database);
    this.#view = new StateView(this.#revisions, this.#buckets);
    this.#checkpointer = new Checkpointer(database);
    this.#index = RaftIndex(this.#storedCounter(CONSISTENT_INDEX));
    this.#term = Term(this.#storedCounter(TERM));
    this.#measure();
  }

  /**
   * Creates the file when it may be new. Throws StorageError: 'backendMissing', 'backendForeign'
   * (bbolt, or not ours), 'dataDirectoryLocked', 'backendFailed'.
   */
  static open(file: string, options: BackendOptions): Backend {
    return new Backend(openDatabase(file, options.mustExist), options);
  }

  #storedCounter(name: BinaryString): number {
    const bytes = this.#buckets.get(META_BUCKET, name);
    return bytes === undefined ? 0 : Number(bytes.readBigUInt64BE());
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
      path: this.#database.name,
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
    if (this.#commit === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.pendingOperations === 0 || this.#checkpointer.blocksCommits) return true;
      this.#commit = this.#beginCommit();
    }
    return this.#continueCommit(this.#commit, maxOperations);
  }

  /** The boundary: what is pending now is whole entries and nothing of a further one. */
  #beginCommit(): Commit {
    assert(!this.#entryOpen, 'a commit must not begin inside an entry');
    this.#bufferConsistentIndex();
    const changes = this.#view.beginCommit();
    const writer = writeChanges(this.#database, this.#revisions, this.#buckets, changes);
    writer.next(0);
    return { changes, writer, operations: changes.operations, durationMs: 0 };
  }

  #continueCommit(commit: Commit, maxOperations: number): boolean {
    const { clock, observer } = this.#options;
    const startMs = clock.monotonicMs();
    const { done } = this.#guard(() => commit.writer.next(maxOperations));
    commit.durationMs += clock.monotonicMs() - startMs;
    if (done !== true) return false;
    this.#commit = undefined;
    this.#view.endCommit();
    this.#measure();
    observer?.committed(commit.durationMs / 1000, commit.operations);
    this.#checkpointer.afterCommit(
      () => this.#database.inTransaction,
      (error) => this.#fail(error),
    );
    return true;
  }

  /** All of it now: for tests, shutdown and small batches. Not durable against power loss. */
  commit(): void {
    if (this.#commit !== undefined) this.#continueCommit(this.#commit, Infinity);
    this.#guard(() => this.#checkpointer.unblockNow());
    this.commitStep(Infinity);
  }

  /**
   * Commits what was pending at the call, in slices, and fsyncs off the event loop: afterwards the
   * raft log below the consistent index at the call may be cut. Rejects with StorageError.
   */
  async commitDurable(): Promise<void> {
    // A commit under way was begun before this call and may lack what is pending now.
    while (this.#commit !== undefined) await this.#commitSlice(this.#commit);
    await this.#checkpointer.idle;
    if (this.pendingOperations > 0 && this.#commit === undefined) this.commitStep(0);
    while (this.#commit !== undefined) await this.#commitSlice(this.#commit);
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#checkpointer.syncLog();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async #commitSlice(commit: Commit): Promise<void> {
    this.#continueCommit(commit, OPERATIONS_PER_SLICE);
    await nextTurn();
  }

  #pragma(name: string): number {
    return this.#database.pragma(name, { simple: true }) as number;
  }

  #measure(): void {
    const pageBytes = this.#pragma('page_size');
    const pages = this.#pragma('page_count');
    this.#sizeBytes = pages * pageBytes;
    this.#sizeInUseBytes = (pages - this.#pragma('freelist_count')) * pageBytes;
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
      const before = this.#pragma('freelist_count');
      if (before === 0) return 0;
      this.#checkpointer.unblockNow();
      this.#database.exec(`PRAGMA incremental_vacuum(${Math.max(1, Math.floor(maxPages))})`);
      this.#measure();
      return Math.max(0, before - this.#pragma('freelist_count'));
    });
  }

  /**
   * Lets the file on disk shrink to sizeBytes(): pages given up by reclaim() leave it only when
   * SQLite's log is moved into it. Gives way to a commit that begins meanwhile.
   */
  async shrinkFile(): Promise<void> {
    await this.commitDurable();
    await this.#checkpointer.now(
      () => this.#database.inTransaction,
      (error) => this.#fail(error),
    );
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Empty when sound, else what SQLite found. Reads the whole file at once: offline work. */
  integrityCheck(): readonly string[] {
    const rows = this.#guard(
      () => this.#database.pragma('integrity_check') as { readonly integrity_check: string }[],
    );
    return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  }

  /** Commits what is complete (nothing when failed or inside an entry) and closes the file. */
  async close(): Promise<void> {
    try {
      if (this.#failure === undefined && !this.#entryOpen) this.commit();
    } finally {
      await this.#checkpointer.idle;
      this.#checkpointer.closeDatabase();
    }
  }
}

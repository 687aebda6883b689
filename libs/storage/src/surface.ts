import type { Clock, Logger, RaftIndex, Revision, Term } from '@etcd-ts/foundation';
import type { Entry, HardState, Snapshot, SnapshotPosition, SnapshotRecord } from './log-record.js';

export interface DataDirectoryOptions {
  /** Replaces `<data-dir>/member/wal`; empty or absent: the default. */
  readonly walDir?: string;
  readonly logger: Logger;
}

/** Owns a member's directory from open() to close(): nobody else, also no second process, can. */
export declare class DataDirectory {
  /** Creates what is missing (0700). Throws StorageError ('dataDirectoryLocked', 'dataDirectoryInvalid', 'io'). */
  static open(dataDir: string, options: DataDirectoryOptions): DataDirectory;
  readonly dataDir: string;
  readonly memberDir: string;
  readonly walDir: string;
  readonly snapDir: string;
  readonly backendFile: string;
  /** Whether a write-ahead log exists: this member has run before. */
  hasWal(): boolean;
  close(): void;
}

export interface WalObserver {
  /** After each fdatasync of the log. */
  fsynced(durationSeconds: number): void;
  /** After each write into the log. */
  written(bytes: number, durationSeconds: number): void;
}

export interface WalOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly observer?: WalObserver;
  /** Acknowledge without fdatasync: loses acknowledged writes at power loss. */
  readonly unsafeNoFsync?: boolean;
  /** Segments purge() leaves; 0 keeps all. Default 5, as etcd. */
  readonly maxWals?: number;
}

export interface WalContents {
  readonly wal: Wal;
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  /** Contiguous, the first at startSnapshot.index + 1. */
  readonly entries: readonly Entry[];
}

export declare class Wal {
  static exists(dir: string): boolean;
  static create(dir: string, metadata: Uint8Array, options: WalOptions): Wal;
  /** Throws WalCorruptionError {file, offset}; repairs a torn tail of the last segment. */
  static open(dir: string, startSnapshot: SnapshotPosition, options: WalOptions): WalContents;
  /** Snapshot records whose index the last hard state has committed, oldest first. */
  static readValidSnapshots(
    dir: string,
    options: Pick<WalOptions, 'logger'>,
  ): readonly SnapshotPosition[];
  /** Encodes into the pending batch; no I/O. Copies what it keeps. Throws WalFailedError after a failure. */
  append(hardState: HardState | undefined, entries: readonly Entry[]): void;
  /** Resolves when everything appended before the call is durable; rejects with WalFailedError, for ever. */
  sync(): Promise<void>;
  saveSnapshot(record: SnapshotRecord): Promise<void>;
  /** Segments that hold nothing above `index` may be purged. */
  releaseTo(index: RaftIndex): void;
  /** Removes released segments beyond maxWals, oldest first; call it from time to time. Resolves with the number removed. */
  purge(): Promise<number>;
  readonly failed: boolean;
  close(): Promise<void>;
}

export declare class SnapshotFiles {
  constructor(dir: string, options: { readonly logger: Logger });
  save(snapshot: Snapshot): Promise<void>;
  /** The newest file that reads back whole and matches one of the positions; damaged ones are renamed `.broken`. */
  loadNewest(matching: readonly SnapshotPosition[]): Snapshot | undefined;
  /** Keeps the newest `max` files (0: all). Resolves with the number removed. */
  purge(max: number): Promise<number>;
}

export interface BackendObserver {
  /** After each SQLite commit; seconds spent in all its slices. */
  committed(durationSeconds: number, operations: number): void;
}

export interface BackendOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly observer?: BackendObserver;
  /** The WAL holds data, so a missing file is a loss and open() throws instead of starting empty. */
  readonly mustExist: boolean;
}

export interface RevisionRow {
  readonly main: Revision;
  readonly sub: number;
  readonly tombstone: boolean;
  readonly value: Uint8Array;
}

export declare class Backend {
  static open(file: string, options: BackendOptions): Backend;

  /** Opens a raft entry: until setConsistentIndex() no commit may start (asserted). */
  beginEntry(): void;
  /** Ends the entry: its mutations and this index become durable together. Asserts that an entry is open. */
  setConsistentIndex(index: RaftIndex, term: Term): void;
  consistentIndex(): { readonly index: RaftIndex; readonly term: Term };

  appendRevision(main: Revision, sub: number, tombstone: boolean, value: Uint8Array): void;
  readRevision(main: Revision, sub: number): Uint8Array | undefined;
  scanRevisions(fromMain: Revision, fromSub: number, maxRows: number): readonly RevisionRow[];
  deleteRevisions(revisions: readonly { readonly main: Revision; readonly sub: number }[]): void;
  readMeta(name: string): Uint8Array | undefined;
  writeMeta(name: string, value: Uint8Array): void;

  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void;
  bucketDelete(bucket: string, key: Uint8Array): void;
  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined;
  /** Byte order of the keys. */
  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]>;

  /** Buffered since the last commit: rows, deletions and bucket changes. */
  readonly pendingOperations: number;
  /** Writes one slice of what was pending when the commit began; true when it is committed (or nothing was pending). */
  commitStep(maxOperations: number): boolean;
  /** All of it at once: for tests, shutdown and small batches. */
  commit(): void;
  /** Commits in slices, then fsyncs off the event loop: afterwards the raft log below consistentIndex() may be cut. */
  commitDurable(): Promise<void>;

  /** Size of the database file. */
  sizeBytes(): number;
  /** The same without its free pages. */
  sizeInUseBytes(): number;
  /** Gives up to maxPages free pages back to the file system; the number given back. */
  reclaim(maxPages: number): number;
  /** Empty when sound, else what SQLite found. */
  integrityCheck(): readonly string[];
  readonly failed: boolean;
  close(): Promise<void>;
}

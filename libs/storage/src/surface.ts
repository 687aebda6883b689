import type { Clock, Logger, RaftIndex, Revision, Term } from '@etcd-ts/foundation';
import type { Snapshot, SnapshotPosition } from './log-record.js';

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

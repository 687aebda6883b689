import type { BinaryString } from '@etcd-ts/foundation';
import type { PendingChanges, RevisionRow } from './pending-changes.js';

/** Where a scan ends, exclusive. */
export interface RevisionBound {
  readonly main: number;
  readonly sub: number;
}

export const NO_BOUND: RevisionBound = { main: Number.MAX_SAFE_INTEGER, sub: 0 };

export interface RevisionSize {
  readonly main: number;
  readonly sub: number;
  readonly tombstone: boolean;
  readonly valueBytes: number;
}

/** Reads throw StorageError('backendFailed') on a row whose checksum does not match. */
export interface StoredRevisions {
  read(main: number, sub: number): Uint8Array | undefined;
  /** Ascending from (main, sub) inclusive up to the bound; fewer than maxRows only at the end. */
  scan(main: number, sub: number, bound: RevisionBound, maxRows: number): readonly RevisionRow[];
  /** The same without a bound, and without reading the values. */
  sizes(main: number, sub: number, maxRows: number): readonly RevisionSize[];
}

export type BucketEntry = readonly [key: Uint8Array, value: Uint8Array];

export interface StoredBuckets {
  get(bucket: string, key: BinaryString): Uint8Array | undefined;
  /** All of it, in byte order of the keys. */
  entries(bucket: string): readonly BucketEntry[];
  /** From a key on, inclusive; fewer than maxRows only at the end. */
  page(bucket: string, from: Uint8Array, maxRows: number): readonly BucketEntry[];
  /** The same keys, each with the length of its value. */
  sizes(
    bucket: string,
    from: Uint8Array,
    maxRows: number,
  ): readonly (readonly [key: Uint8Array, valueBytes: number])[];
  /** Of buckets that are not empty, in no order. */
  names(): readonly string[];
}

/** What the last commit left. */
export interface CommittedState {
  readonly revisions: StoredRevisions;
  readonly buckets: StoredBuckets;
}

/** A committed state that later commits do not change. */
export interface DatabaseView extends CommittedState {
  close(): void;
}

/**
 * What a Backend writes its commits into. Nothing here is buffered: what is pending, and what is
 * visible of it, is the Backend's business, the same over every database.
 */
export interface StateDatabase extends CommittedState {
  /** Of the file, for messages. */
  readonly path: string;
  /** A failure in words, with the file and, if what is stored is damaged, the place where it tells. */
  describe(failure: unknown): string;
  /** Called once an operation that nobody waits for has failed. */
  onFailure: (error: unknown) => void;
  /**
   * Writes one generation of changes in one transaction: next(n) writes about n operations, the
   * last one commits. Until then nothing of it is there after a crash. One at a time.
   */
  write(changes: PendingChanges): Generator<void, void, number>;
  /** While true, neither write() nor reclaim() nor openView() may begin; ends with `idle`. */
  readonly blocksCommits: boolean;
  /** Resolves when nothing of the database's own is on its way to the disk. */
  readonly idle: Promise<void>;
  /** For a caller that cannot wait: ends the time in which commits are blocked. */
  unblockNow(): void;
  /** After each commit and each view closed: time for upkeep. */
  tend(): void;
  /** Resolves when every commit before the call is durable. */
  sync(): Promise<void>;
  size(): { readonly bytes: number; readonly bytesInUse: number };
  /** Gives up to maxPages free pages back; the number given back. */
  reclaim(maxPages: number): number;
  /** Lets the file shrink to its size, unless a commit or a view is in the way. */
  shrinkFile(): Promise<void>;
  /** What is wrong with the file; empty when nothing is. */
  integrityCheck(): readonly string[];
  /** Of the last commit; no commit may be under way. */
  openView(): DatabaseView;
  /**
   * Puts `incoming`, of the same kind and without views, durably in this one's place, under this
   * one's path; both are closed, this one with what is in it gone. A crash at any point leaves one of
   * the two, whole. Synchronous, so that nobody finds neither. After an error it is not known which
   * of the two the path names, but it is one of them.
   */
  replaceBy(incoming: StateDatabase): StateDatabase;
  /** Drops a commit under way, keeps those before it. */
  close(): Promise<void>;
}

import type { Revision } from '@etcd-ts/foundation';

/** Names one stored change: the mutating request (`main`) and the change within it (`sub`, from 0). */
export interface RevisionId {
  readonly main: Revision;
  readonly sub: number;
}

export interface RevisionRow extends RevisionId {
  readonly tombstone: boolean;
  /** Marshalled mvccpb.KeyValue, byte-identical to what etcd stores; a tombstone has only the key. */
  readonly value: Uint8Array;
}

/**
 * What the store needs from a disk. All calls are synchronous and see each other's effects at once;
 * they become durable later, and atomically up to an applied log entry: after a crash either all
 * rows and meta values of an entry are there or none.
 *
 * Ownership: values handed in are not touched by the caller again, so they may be kept without
 * copying. Values handed out must not be changed by either side.
 */
export interface MvccBackend {
  /** Ids arrive strictly ascending over the life of the store. */
  appendRevision(main: Revision, sub: number, tombstone: boolean, value: Uint8Array): void;
  readRevision(main: Revision, sub: number): Uint8Array | undefined;
  /** Ascending from (fromMain, fromSub) inclusive; fewer than `maxRows` rows only at the end. */
  scanRevisions(fromMain: Revision, fromSub: number, maxRows: number): readonly RevisionRow[];
  /**
   * Absent ones are ignored. A crash may leave a prefix of them deleted, never others: of one key
   * the older come first, for a tombstone gone before the put it covers would bring the key back.
   */
  deleteRevisions(revisions: readonly RevisionId[]): void;
  readMeta(name: string): Uint8Array | undefined;
  writeMeta(name: string, value: Uint8Array): void;
  /**
   * What `readMeta(CURRENT_REVISION_META)` tells from now on. It is called for every change, so a
   * backend may write it down once for many of them, as long as it becomes durable with their rows.
   */
  setCurrentRevision(revision: Revision): void;
}

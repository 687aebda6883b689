import {
  asBuffer,
  compareBytes,
  CURRENT_REVISION_META,
  decodeRevisionKey,
  KEY_BUCKET,
  META_BUCKET,
} from '@etcd-ts/foundation';
import { type Disk, NODE_DISK } from '../disk.js';
import { StorageError } from '../storage-error.js';
import { SqliteImport } from './sqlite-import.js';

/** What an import writes into; nothing of it is there under its final name before finish(). */
export interface ImportTarget {
  putRevision(main: number, sub: number, tombstone: boolean, value: Uint8Array): void;
  putBucket(bucket: string, key: Uint8Array, value: Uint8Array): void;
  settle(): Promise<void>;
  finish(): Promise<void>;
  abort(): void;
}

/** Written between two calls of settle(): some ten milliseconds of event loop, if taken at once. */
const SLICE_BYTES = 4 * 1024 * 1024;
/** What a small row costs besides its bytes. */
const ROW_OVERHEAD_BYTES = 64;

/** mvcc's meta values of etcd, 17 bytes each; ours has a revision of 8 besides. */
const COMPACT_REVISIONS = new Set(['scheduledCompactRev', 'finishedCompactRev']);

/**
 * Builds a new database from entries of etcd's buckets, in bounded memory. Under its name it is
 * either not there or whole and durable: a crash leaves `<path>.tmp`, which the next import and the
 * next opening of the data directory remove.
 */
export class BackendImport {
  readonly #target: ImportTarget;
  /** The last key of each bucket. */
  readonly #last = new Map<string, Uint8Array>();
  #unsettledBytes = 0;
  #newestMain = 0;
  #compactRevision = 0;
  #currentRevision: number | undefined;

  constructor(target: ImportTarget) {
    this.#target = target;
  }

  /** Replaces whatever is left under this name. Throws StorageError('io'). */
  static create(path: string, disk: Disk = NODE_DISK): BackendImport {
    return new BackendImport(SqliteImport.create(path, disk));
  }

  /**
   * Buckets in any order, keys of each ascending (bytewise); of bucket `key` etcd's keys of 17 or 18
   * bytes. Keeps `value` until settle(). False when settle() should be awaited before more.
   * Throws StorageError('importInvalid'), or 'io' when the disk is full.
   */
  put(bucket: string, key: Uint8Array, value: Uint8Array): boolean {
    const last = this.#last.get(bucket);
    if (last !== undefined && compareBytes(last, key) >= 0) {
      throw invalid(`bucket ${bucket} is not in order`);
    }
    this.#last.set(bucket, Uint8Array.from(key));
    if (bucket === KEY_BUCKET) this.#putRevision(key, value);
    else {
      if (bucket === META_BUCKET) this.#note(asBuffer(key).toString(), value);
      this.#target.putBucket(bucket, key, value);
    }
    this.#unsettledBytes += ROW_OVERHEAD_BYTES + key.length + value.length;
    return this.#unsettledBytes < SLICE_BYTES;
  }

  #putRevision(key: Uint8Array, value: Uint8Array): void {
    const revision = decodeRevisionKey(key);
    if (revision === undefined) throw invalid(`bucket ${KEY_BUCKET} has a key that is no revision`);
    this.#newestMain = revision.main;
    this.#target.putRevision(revision.main, revision.sub, revision.tombstone, value);
  }

  #note(name: string, value: Uint8Array): void {
    if (COMPACT_REVISIONS.has(name)) {
      const revision = decodeRevisionKey(value);
      if (revision === undefined) throw invalid(`${name} is no revision`);
      this.#compactRevision = Math.max(this.#compactRevision, revision.main);
    } else if (name === CURRENT_REVISION_META) {
      if (value.length !== 8) throw invalid(`${name} is no revision`);
      this.#currentRevision = Number(asBuffer(value).readBigUInt64BE());
    }
  }

  /** Lets others have the event loop; what was put is written, and now and then on its way to the disk. */
  async settle(): Promise<void> {
    this.#unsettledBytes = 0;
    await this.#target.settle();
  }

  /** Resolves when the database is durable under its name: file, name and all. */
  async finish(): Promise<void> {
    const known = Math.max(1, this.#newestMain, this.#compactRevision);
    // etcd takes the newest row for the current revision, and the compaction may have removed it;
    // a file of ours says it, and is believed unless it contradicts itself.
    if (this.#currentRevision === undefined) {
      const value = Buffer.alloc(8);
      value.writeBigUInt64BE(BigInt(known));
      this.#target.putBucket(META_BUCKET, Buffer.from(CURRENT_REVISION_META), value);
    } else if (this.#currentRevision < known) {
      throw invalid(`the current revision is ${this.#currentRevision}, but ${known} is stored`);
    }
    await this.#target.finish();
  }

  /** Leaves nothing behind. Not after finish(). */
  abort(): void {
    this.#target.abort();
  }
}

function invalid(problem: string): StorageError {
  return new StorageError('importInvalid', `not the content of an etcd database: ${problem}`);
}

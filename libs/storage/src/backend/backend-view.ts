import {
  compareBytes,
  encodeRevisionKey,
  ETCD_BUCKETS,
  KEY_BUCKET,
  revisionKeyBytes,
} from '@etcd-ts/foundation';
import type { SnapshotPosition } from '../log-record.js';
import { StorageError } from '../storage-error.js';
import { type BucketEntry, type DatabaseView, NO_BOUND } from './state-database.js';
import { storedPosition } from './stored-position.js';

/**
 * The whole committed state at one consistent index, as etcd's buckets. It stays what it is while
 * the backend goes on writing, until close(), the backend's close() or the adoption of another
 * state: from then on reads throw StorageError('viewClosed'). A damaged row throws
 * StorageError('backendFailed'), and fails the backend.
 *
 * The iterables are lazy and synchronous: they read a page of about PAGE_BYTES when one is needed,
 * so who takes a few at a time holds the event loop for about a millisecond. Several may be in use
 * at once, and each may be given up midway.
 */
export interface BackendView {
  readonly consistentIndex: SnapshotPosition;
  /** In byte order: etcd's buckets, empty ones too, and any other that is not empty. */
  bucketNames(): readonly string[];
  /** Lengths of key and value of each entry, in the order of entries(); values are not read. */
  sizes(bucket: string): Iterable<readonly [keyBytes: number, valueBytes: number]>;
  /** In byte order of the keys; those of bucket `key` are etcd's of 17 or 18 bytes. */
  entries(bucket: string): Iterable<BucketEntry>;
  close(): void;
}

/** About half a millisecond of rows, and as long for their checksums. */
const PAGE_BYTES = 128 * 1024;
const FIRST_PAGE_ROWS = 32;
const MAX_PAGE_ROWS = 256;
const SMALLEST_KEY: Uint8Array = Buffer.alloc(0);

export class CommittedView implements BackendView {
  readonly consistentIndex: SnapshotPosition;
  readonly #state: DatabaseView;
  readonly #closed: () => void;
  readonly #failed: (error: unknown) => Error;
  #isOpen = true;

  constructor(state: DatabaseView, closed: () => void, failed: (error: unknown) => Error) {
    this.#state = state;
    this.#closed = closed;
    this.#failed = failed;
    this.consistentIndex = this.#read(() => storedPosition(state));
  }

  bucketNames(): readonly string[] {
    const stored = this.#read(() => this.#state.buckets.names());
    const names = [...new Set([...ETCD_BUCKETS, ...stored])];
    return names.sort((a, b) => compareBytes(Buffer.from(a), Buffer.from(b)));
  }

  sizes(bucket: string): Iterable<readonly [number, number]> {
    return bucket === KEY_BUCKET ? this.#revisionSizes() : this.#bucketSizes(bucket);
  }

  entries(bucket: string): Iterable<BucketEntry> {
    return bucket === KEY_BUCKET ? this.#revisionEntries() : this.#bucketEntries(bucket);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#state.close();
    this.#closed();
  }

  #read<T>(read: () => T): T {
    if (!this.#isOpen) throw new StorageError('viewClosed', 'the view of the backend is closed');
    try {
      return read();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  *#revisionEntries(): Generator<BucketEntry, void> {
    let main = 0;
    let sub = 0;
    for (let wanted = FIRST_PAGE_ROWS; ;) {
      const rows = this.#read(() => this.#state.revisions.scan(main, sub, NO_BOUND, wanted));
      let bytes = 1;
      for (const row of rows) {
        yield [encodeRevisionKey(row), row.value];
        bytes += row.value.length;
        main = row.main;
        sub = row.sub + 1;
      }
      if (rows.length < wanted) return;
      wanted = nextPage(wanted, bytes);
    }
  }

  *#revisionSizes(): Generator<readonly [number, number], void> {
    let main = 0;
    let sub = 0;
    for (;;) {
      const rows = this.#read(() => this.#state.revisions.sizes(main, sub, MAX_PAGE_ROWS));
      for (const row of rows) {
        yield [revisionKeyBytes(row.tombstone), row.valueBytes];
        main = row.main;
        sub = row.sub + 1;
      }
      if (rows.length < MAX_PAGE_ROWS) return;
    }
  }

  *#bucketEntries(bucket: string): Generator<BucketEntry, void> {
    let from = SMALLEST_KEY;
    for (let wanted = FIRST_PAGE_ROWS; ;) {
      const page = this.#read(() => this.#state.buckets.page(bucket, from, wanted));
      let bytes = 1;
      for (const entry of page) {
        yield entry;
        bytes += entry[0].length + entry[1].length;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < wanted) return;
      from = keyAfter(last[0]);
      wanted = nextPage(wanted, bytes);
    }
  }

  *#bucketSizes(bucket: string): Generator<readonly [number, number], void> {
    let from = SMALLEST_KEY;
    for (;;) {
      const page = this.#read(() => this.#state.buckets.sizes(bucket, from, MAX_PAGE_ROWS));
      for (const [key, valueBytes] of page) yield [key.length, valueBytes];
      const last = page.at(-1);
      if (last === undefined || page.length < MAX_PAGE_ROWS) return;
      from = keyAfter(last[0]);
    }
  }
}

/** Doubling at most: a few small rows say little about the next ones. */
function nextPage(rows: number, bytes: number): number {
  const fitting = Math.floor((rows * PAGE_BYTES) / bytes);
  return Math.max(1, Math.min(fitting, rows * 2, MAX_PAGE_ROWS));
}

function keyAfter(key: Uint8Array): Uint8Array {
  const after = Buffer.alloc(key.length + 1);
  after.set(key);
  return after;
}

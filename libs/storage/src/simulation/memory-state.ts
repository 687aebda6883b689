import { assert, type BinaryString, fromBinaryString, toBinaryString } from '@etcd-ts/foundation';
import { type PendingChanges, precedes, type RevisionRow } from '../backend/pending-changes.js';
import type {
  BucketEntry,
  CommittedState,
  RevisionBound,
  RevisionSize,
  StoredBuckets,
  StoredRevisions,
} from '../backend/state-database.js';
import { StorageError } from '../storage-error.js';

/** How to get back to the state before a commit. */
export interface Undo {
  /** Itself unchanged but for what was appended behind `length`. */
  readonly rows: RevisionRow[];
  readonly length: number;
  readonly bytes: number;
  readonly buckets: readonly {
    readonly bucket: string;
    readonly key: BinaryString;
    readonly value: Uint8Array | undefined;
  }[];
}

type Bucket = Map<BinaryString, Uint8Array>;

/** Revisions and buckets in the most obvious way. */
export class MemoryState implements CommittedState {
  /** Ascending. Replaced when rows go, so that what undoes a commit can hold on to it. */
  #rows: RevisionRow[];
  readonly #buckets: Map<string, Bucket>;
  /** Rows whose checksum no longer matches. */
  readonly #damaged: Set<string>;
  #bytes: number;
  readonly revisions: StoredRevisions;
  readonly buckets: StoredBuckets;

  /** Empty, or a copy that shares no container with the original. */
  constructor(original: MemoryState | undefined = undefined) {
    this.#rows = original === undefined ? [] : original.#rows.slice();
    this.#buckets = new Map();
    if (original !== undefined) {
      for (const [name, bucket] of original.#buckets) this.#buckets.set(name, new Map(bucket));
    }
    this.#damaged = new Set(original === undefined ? [] : original.#damaged);
    this.#bytes = original === undefined ? 0 : original.#bytes;
    this.revisions = {
      read: (main, sub) => this.#read(main, sub),
      scan: (main, sub, bound, maxRows) => this.#scan(main, sub, bound, maxRows),
      sizes: (main, sub, maxRows) => this.#sizes(main, sub, maxRows),
    };
    this.buckets = {
      get: (bucket, key) => this.#buckets.get(bucket)?.get(key),
      entries: (bucket) => this.#entriesFrom(bucket, '', Infinity),
      page: (bucket, from, maxRows) => this.#entriesFrom(bucket, toBinaryString(from), maxRows),
      sizes: (bucket, from, maxRows) =>
        this.#entriesFrom(bucket, toBinaryString(from), maxRows).map(
          ([key, value]) => [key, value.length] as const,
        ),
      names: () => [...this.#buckets].filter(([, { size }]) => size > 0).map(([name]) => name),
    };
  }

  /** Of keys and values. */
  get bytes(): number {
    return this.#bytes;
  }

  get rowCount(): number {
    return this.#rows.length;
  }

  /** The position of the first row at or after (main, sub). */
  #lowerBound(main: number, sub: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (precedes(this.#rows[middle] as RevisionRow, main, sub)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #find(main: number, sub: number): RevisionRow | undefined {
    const row = this.#rows[this.#lowerBound(main, sub)];
    return row !== undefined && row.main === main && row.sub === sub ? row : undefined;
  }

  #verified(row: RevisionRow): RevisionRow {
    if (this.#damaged.size === 0 || !this.#damaged.has(`${row.main}.${row.sub}`)) return row;
    throw new StorageError(
      'backendFailed',
      `revision ${row.main}.${row.sub} is damaged (checksum mismatch)`,
    );
  }

  #read(main: number, sub: number): Uint8Array | undefined {
    const row = this.#find(main, sub);
    return row && this.#verified(row).value;
  }

  #scan(main: number, sub: number, bound: RevisionBound, maxRows: number): RevisionRow[] {
    const start = this.#lowerBound(main, sub);
    const end = Math.min(this.#lowerBound(bound.main, bound.sub), start + maxRows);
    const rows = this.#rows.slice(start, end);
    if (this.#damaged.size > 0) for (const row of rows) this.#verified(row);
    return rows;
  }

  #sizes(main: number, sub: number, maxRows: number): RevisionSize[] {
    const start = this.#lowerBound(main, sub);
    return this.#rows.slice(start, start + maxRows).map((row) => ({
      main: row.main,
      sub: row.sub,
      tombstone: row.tombstone,
      valueBytes: row.value.length,
    }));
  }

  #entriesFrom(bucket: string, from: BinaryString, maxRows: number): BucketEntry[] {
    return [...(this.#buckets.get(bucket) ?? [])]
      .filter(([key]) => key >= from)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, maxRows)
      .map(([key, value]) => [fromBinaryString(key), value]);
  }

  /** All or, when it throws, nothing. Values are copied: their owner may use the memory again. */
  commit(changes: PendingChanges): Undo {
    const added = changes.rows.filter(({ main, sub }) => !changes.deleted.has(main, sub));
    for (const { main, sub } of added) {
      if (this.#find(main, sub) !== undefined) {
        throw new Error(`UNIQUE constraint failed: revision ${main}.${sub}`);
      }
    }
    const rows = this.#rows;
    const undo = { rows, length: rows.length, bytes: this.#bytes };
    if (changes.deleted.size > 0) this.#deleteRows(changes);
    for (const row of added) this.#add(row);
    const buckets: Undo['buckets'][number][] = [];
    for (const [bucket, entries] of changes.buckets) {
      for (const [key, value] of entries) {
        buckets.push({ bucket, key, value: this.#buckets.get(bucket)?.get(key) });
        this.put(bucket, key, value && Buffer.from(value));
      }
    }
    return { ...undo, buckets };
  }

  #deleteRows({ deleted }: PendingChanges): void {
    this.#rows = this.#rows.filter(({ main, sub, value }) => {
      if (!deleted.has(main, sub)) return true;
      this.#bytes -= value.length;
      return false;
    });
  }

  #add({ main, sub, tombstone, value }: RevisionRow): void {
    const row = { main, sub, tombstone, value: Buffer.from(value) };
    const last = this.#rows.at(-1);
    if (last === undefined || precedes(last, main, sub)) this.#rows.push(row);
    else this.#rows = this.#rows.toSpliced(this.#lowerBound(main, sub), 0, row);
    this.#bytes += value.length;
  }

  put(bucket: string, key: BinaryString, value: Uint8Array | undefined): void {
    let entries = this.#buckets.get(bucket);
    if (entries === undefined) this.#buckets.set(bucket, (entries = new Map()));
    const before = entries.get(key);
    if (before !== undefined) this.#bytes -= key.length + before.length;
    if (value === undefined) entries.delete(key);
    else {
      entries.set(key, value);
      this.#bytes += key.length + value.length;
    }
  }

  /** In the reverse order of the commits. */
  undo({ rows, length, bytes, buckets }: Undo): void {
    this.#rows = rows.slice(0, length);
    for (const { bucket, key, value } of buckets.toReversed()) this.put(bucket, key, value);
    this.#bytes = bytes;
  }

  /** From now on the row is refused, as one that was changed on the disk. */
  damage(main: number, sub: number): void {
    assert(this.#find(main, sub) !== undefined, 'there is such a row');
    this.#damaged.add(`${main}.${sub}`);
  }
}

import { asBuffer, type BinaryString, crc32c, fromBinaryString } from '@etcd-ts/foundation';
import type { Statement } from 'better-sqlite3';
import { StorageError } from '../storage-error.js';
import type { Sqlite } from './database.js';
import { RowTotal, StoredTotals } from './row-total.js';
import type { StoredBuckets } from './state-database.js';

const TOTAL = 'bucket';

type RawEntry = [key: Buffer, checksum: number, value: Buffer];

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32c(value, crc32c(key)) | 0;
}

/** With the bucket's name, which no checksum covers. */
function summand(bucket: string, sum: number): number {
  return crc32c(Buffer.from(bucket), sum >>> 0) | 0;
}

function verified(bucket: string, key: Uint8Array, sum: number, value: Buffer): Buffer {
  if (checksum(key, value) === sum) return value;
  throw new StorageError(
    'backendFailed',
    `row ${nameOf(key)} of bucket ${bucket} is damaged (checksum mismatch)`,
  );
}

/** As text where it is some, else in hexadecimal. */
function nameOf(key: Uint8Array): string {
  const text = asBuffer(key).toString('latin1');
  return /^[!-~]+$/u.test(text) ? text : `0x${asBuffer(key).toString('hex')}`;
}

/** etcd's small buckets (meta, lease, members, ...) in one table. */
export class BucketTable implements StoredBuckets {
  readonly #put: Statement<[string, Buffer, number, Buffer]>;
  readonly #delete: Statement<[string, Buffer]>;
  readonly #get: Statement<[string, Buffer], [number, Buffer]>;
  readonly #all: Statement<[string], RawEntry>;
  readonly #page: Statement<[string, Buffer, number], RawEntry>;
  readonly #sizes: Statement<[string, Buffer, number], [Buffer, number]>;
  readonly #names: Statement<[], [string]>;
  readonly #checksums: Statement<[], [string, number]>;
  readonly #totals: StoredTotals;
  readonly #total: RowTotal;

  constructor(database: Sqlite) {
    this.#totals = new StoredTotals(database);
    this.#checksums = database
      .prepare<[], [string, number]>('SELECT name, checksum FROM bucket')
      .raw();
    this.#put = database.prepare('INSERT OR REPLACE INTO bucket VALUES (?,?,?,?)');
    this.#delete = database.prepare('DELETE FROM bucket WHERE name = ? AND key = ?');
    this.#get = database
      .prepare<[string, Buffer], [number, Buffer]>(
        'SELECT checksum, value FROM bucket WHERE name = ? AND key = ?',
      )
      .raw();
    this.#all = database
      .prepare<[string], RawEntry>(
        'SELECT key, checksum, value FROM bucket WHERE name = ? ORDER BY key',
      )
      .raw();
    this.#page = database
      .prepare<[string, Buffer, number], RawEntry>(
        'SELECT key, checksum, value FROM bucket WHERE name = ? AND key >= ? ORDER BY key LIMIT ?',
      )
      .raw();
    this.#sizes = database
      .prepare<[string, Buffer, number], [Buffer, number]>(
        'SELECT key, length(value) FROM bucket WHERE name = ? AND key >= ? ORDER BY key LIMIT ?',
      )
      .raw();
    this.#names = database.prepare<[], [string]>('SELECT DISTINCT name FROM bucket').raw();
    this.#total = this.#totals.load(TOTAL) ?? this.#count();
  }

  #count(): RowTotal {
    const total = new RowTotal();
    for (const [bucket, sum] of this.#checksums.iterate()) total.add(summand(bucket, sum));
    return total;
  }

  /**
   * Throws StorageError('backendFailed') when rows are missing, or in the wrong bucket. Of a database
   * that was just opened.
   */
  verify(): void {
    const found = this.#count();
    if (found.equals(this.#total)) return;
    throw new StorageError(
      'backendFailed',
      `rows of buckets are missing or others than were written: ${found.rows}, ` +
        `should be ${this.#total.rows}`,
    );
  }

  /** Into the transaction that is open. */
  saveTotal(): void {
    this.#totals.save(TOTAL, this.#total);
  }

  write(bucket: string, key: BinaryString, value: Uint8Array | undefined): void {
    const bytes = asBuffer(fromBinaryString(key));
    const before = this.#get.get(bucket, bytes);
    if (before !== undefined) this.#total.remove(summand(bucket, before[0]));
    if (value === undefined) {
      this.#delete.run(bucket, bytes);
      return;
    }
    const sum = checksum(bytes, value);
    this.#total.add(summand(bucket, sum));
    this.#put.run(bucket, bytes, sum, asBuffer(value));
  }

  get(bucket: string, key: BinaryString): Buffer | undefined {
    const bytes = asBuffer(fromBinaryString(key));
    const row = this.#get.get(bucket, bytes);
    return row === undefined ? undefined : verified(bucket, bytes, row[0], row[1]);
  }

  entries(bucket: string): (readonly [Buffer, Buffer])[] {
    return this.#all
      .all(bucket)
      .map(([key, sum, value]) => [key, verified(bucket, key, sum, value)] as const);
  }

  page(bucket: string, from: Uint8Array, maxRows: number): (readonly [Buffer, Buffer])[] {
    return this.#page
      .all(bucket, asBuffer(from), maxRows)
      .map(([key, sum, value]) => [key, verified(bucket, key, sum, value)] as const);
  }

  sizes(bucket: string, from: Uint8Array, maxRows: number): (readonly [Buffer, number])[] {
    return this.#sizes.all(bucket, asBuffer(from), maxRows);
  }

  names(): string[] {
    return this.#names.all().map(([name]) => name);
  }
}

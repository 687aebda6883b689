import { asBuffer, crc32c, type Revision } from '@etcd-ts/foundation';
import type { Statement } from 'better-sqlite3';
import { StorageError } from '../storage-error.js';
import type { Sqlite } from './database.js';
import type { RevisionRow } from './pending-changes.js';
import { type RawRow, type RawSize, RevisionPages } from './revision-pages.js';
import { RevisionWalk } from './revision-walk.js';
import { RowTotal, StoredTotals } from './row-total.js';
import {
  NO_BOUND,
  type RevisionBound,
  type RevisionSize,
  type StoredRevisions,
} from './state-database.js';

/** Rows in one INSERT: halves the cost of a row against one statement each; more gains nothing. */
export const ROWS_PER_INSERT = 32;
const COLUMNS = 4;

/** Of both tables together, under this name. */
const TOTAL = 'revision';

/** Signed, since 32-bit integers bind and read fastest. The identity is in it too. */
function checksum(main: number, sub: number, tombstone: number, value: Uint8Array): number {
  const identity = main ^ Math.floor(main / 2 ** 32) ^ Math.imul(sub + 1, 0x9e3779b1) ^ tombstone;
  return crc32c(value, identity >>> 0) | 0;
}

function verified(
  main: number,
  sub: number,
  tombstone: number,
  sum: number,
  value: Buffer,
): Buffer {
  if (checksum(main, sub, tombstone, value) === sum) return value;
  throw new StorageError('backendFailed', `revision ${main}.${sub} is damaged (checksum mismatch)`);
}

function countRows(database: Sqlite): RowTotal {
  const total = new RowTotal();
  for (const table of ['revision', 'sub_revision']) {
    const counted = database
      .prepare<[], [number, number]>(
        `SELECT count(*), coalesce(sum(checksum & 0xffffffff) % 0x100000000, 0) FROM ${table}`,
      )
      .raw()
      .get();
    const { rows, sum } = new RowTotal(...(counted ?? []));
    total.rows += rows;
    total.sum = (total.sum + sum) | 0;
  }
  return total;
}

/** The two tables of revisions as one ordered sequence. */
export class RevisionTable implements StoredRevisions {
  readonly #insertMany: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #insertSub: Statement<unknown[]>;
  readonly #read: Statement<[number], [number, number, Buffer]>;
  readonly #readSub: Statement<[number, number], [number, number, Buffer]>;
  readonly #pages: RevisionPages;
  readonly #scanSubs: Statement<number[], RawRow>;
  readonly #subSizes: Statement<number[], RawSize>;
  readonly #sumOfRun: Statement<[number, number], [number, number, number]>;
  readonly #deleteRun: Statement<[number, number]>;
  readonly #deleteSub: Statement<[number, number], [number]>;
  readonly #totals: StoredTotals;
  readonly #total: RowTotal;
  #walk: RevisionWalk | undefined;

  constructor(database: Sqlite) {
    this.#totals = new StoredTotals(database);
    this.#total = this.#totals.load(TOTAL) ?? countRows(database);
    const many = Array(ROWS_PER_INSERT).fill('(?,?,?,?)').join(',');
    this.#insertMany = database.prepare(`INSERT INTO revision VALUES ${many}`);
    this.#insert = database.prepare('INSERT INTO revision VALUES (?,?,?,?)');
    this.#insertSub = database.prepare('INSERT INTO sub_revision VALUES (?,?,?,?,?)');
    this.#read = database
      .prepare<[number], [number, number, Buffer]>(
        'SELECT tombstone, checksum, value FROM revision WHERE main = ?',
      )
      .raw();
    this.#readSub = database
      .prepare<[number, number], [number, number, Buffer]>(
        'SELECT tombstone, checksum, value FROM sub_revision WHERE main = ? AND sub = ?',
      )
      .raw();
    this.#pages = new RevisionPages(database);
    this.#scanSubs = database
      .prepare<number[], RawRow>(
        `SELECT main, sub, tombstone, checksum, value FROM sub_revision
         WHERE (main, sub) >= (?, ?) AND (main, sub) < (?, ?) ORDER BY main, sub LIMIT ?`,
      )
      .raw();
    this.#subSizes = database
      .prepare<number[], RawSize>(
        `SELECT main, sub, tombstone, length(value) FROM sub_revision
         WHERE (main, sub) >= (?, ?) ORDER BY main, sub LIMIT ?`,
      )
      .raw();
    this.#sumOfRun = database
      .prepare<[number, number], [number, number, number]>(
        `SELECT count(*), total(checksum), total(length(value)) FROM revision
         WHERE main BETWEEN ? AND ?`,
      )
      .raw();
    this.#deleteRun = database.prepare('DELETE FROM revision WHERE main BETWEEN ? AND ?');
    this.#deleteSub = database
      .prepare<[number, number], [number]>(
        'DELETE FROM sub_revision WHERE main = ? AND sub = ? RETURNING checksum',
      )
      .raw();
  }

  /** Exactly ROWS_PER_INSERT rows, all of sub 0. */
  insertMany(rows: readonly RevisionRow[]): void {
    const values = new Array<unknown>(rows.length * COLUMNS);
    let at = 0;
    for (const { main, sub, tombstone, value } of rows) {
      const flag = tombstone ? 1 : 0;
      values[at++] = main;
      values[at++] = flag;
      values[at++] = this.#added(checksum(main, sub, flag, value));
      values[at++] = asBuffer(value);
    }
    this.#insertMany.run(values);
  }

  insert({ main, sub, tombstone, value }: RevisionRow): void {
    const flag = tombstone ? 1 : 0;
    const sum = this.#added(checksum(main, sub, flag, value));
    if (sub === 0) this.#insert.run(main, flag, sum, asBuffer(value));
    else this.#insertSub.run(main, sub, flag, sum, asBuffer(value));
  }

  #added(sum: number): number {
    this.#walk = undefined;
    this.#total.add(sum);
    return sum;
  }

  /**
   * Every row of sub 0 from `first` to `last`, both of them too: a fifth of the time of one statement
   * for each (measured with runs of a hundred). The bytes of their values.
   */
  deleteRun(first: number, last: number): number {
    const [rows, sum, bytes] = this.#sumOfRun.get(first, last) ?? [0, 0, 0];
    if (rows === 0) return 0;
    this.#walk = undefined;
    this.#deleteRun.run(first, last);
    this.#total.remove(sum, rows);
    return bytes;
  }

  deleteSub(main: number, sub: number): void {
    const deleted = this.#deleteSub.get(main, sub);
    if (deleted === undefined) return;
    this.#walk = undefined;
    this.#total.remove(deleted[0]);
  }

  /** Into the transaction that is open. */
  saveTotal(): void {
    this.#totals.save(TOTAL, this.#total);
  }

  /** Throws StorageError('backendFailed') when the stored row is damaged. */
  read(main: number, sub: number): Buffer | undefined {
    const row = sub === 0 ? this.#read.get(main) : this.#readSub.get(main, sub);
    return row === undefined ? undefined : verified(main, sub, row[0], row[1], row[2]);
  }

  scan(main: number, sub: number, bound: RevisionBound, maxRows: number): RevisionRow[] {
    const firstMain = sub === 0 ? main : main + 1;
    const endMain = bound.sub === 0 ? bound.main : bound.main + 1;
    const rows = this.#pages.rows(firstMain, endMain, maxRows);
    const subs = this.#scanSubs.all(main, sub, bound.main, bound.sub, maxRows);
    const found = mergedByRevision(rows, subs, maxRows);
    this.#follow(main, sub, bound, found, found.length < maxRows);
    return found.map(([rowMain, rowSub, tombstone, sum, value]) => ({
      main: rowMain as Revision,
      sub: rowSub,
      tombstone: tombstone !== 0,
      value: verified(rowMain, rowSub, tombstone, sum, value),
    }));
  }

  /** Who reads everything from the beginning on must find everything: that is how a member starts. */
  #follow(
    main: number,
    sub: number,
    bound: RevisionBound,
    rows: readonly RawRow[],
    isEnd: boolean,
  ): void {
    if (main === 0 && sub === 0) this.#walk = new RevisionWalk();
    const isWhole = this.#walk?.goOn(main, sub, rows) === true;
    if (isWhole && isEnd && bound === NO_BOUND) this.#walk?.finish(this.#total);
  }

  sizes(main: number, sub: number, maxRows: number): RevisionSize[] {
    const rows = this.#pages.sizes(sub === 0 ? main : main + 1, maxRows);
    const subs = this.#subSizes.all(main, sub, maxRows);
    return mergedByRevision(rows, subs, maxRows).map(
      ([rowMain, rowSub, tombstone, valueBytes]) => ({
        main: rowMain,
        sub: rowSub,
        tombstone: tombstone !== 0,
        valueBytes,
      }),
    );
  }
}

/** Two ascending runs as one; the first holds only sub 0, the second everything else. */
function mergedByRevision<Row extends readonly [main: number, ...rest: unknown[]]>(
  rows: Row[],
  subs: Row[],
  maxRows: number,
): Row[] {
  if (subs.length === 0) return rows;
  const merged: Row[] = [];
  let i = 0;
  let j = 0;
  while (merged.length < maxRows) {
    const row = rows[i];
    const other = subs[j];
    if (row !== undefined && (other === undefined || row[0] <= other[0])) {
      merged.push(row);
      i++;
    } else if (other !== undefined) {
      merged.push(other);
      j++;
    } else break;
  }
  return merged;
}

import type { Statement } from 'better-sqlite3';
import type { Sqlite } from './database.js';

/** Rows of a table: how many, and the sum of their checksums, whatever their order. */
export class RowTotal {
  rows: number;
  /** 32 bits, signed. */
  sum: number;

  constructor(rows = 0, sum = 0) {
    this.rows = rows;
    this.sum = sum | 0;
  }

  add(checksum: number): void {
    this.rows++;
    this.sum = (this.sum + checksum) | 0;
  }

  /** One row, or several with the sum of their checksums. */
  remove(checksum: number, rows = 1): void {
    this.rows -= rows;
    this.sum = (this.sum - checksum) | 0;
  }

  equals(other: RowTotal): boolean {
    return this.rows === other.rows && this.sum === other.sum;
  }
}

/**
 * What tables must add up to, stored with every commit. The checksum of a row tells whether it is
 * what was written, but not whether a row is missing: one flipped bit in an inner page, or in the
 * directory of a page, is enough for SQLite to pass over rows, or to find some twice.
 */
export class StoredTotals {
  readonly #load: Statement<[string], [number, number]>;
  readonly #save: Statement<[string, number, number]>;

  constructor(database: Sqlite) {
    this.#load = database
      .prepare<[string], [number, number]>('SELECT rows, sum FROM total WHERE name = ?')
      .raw();
    this.#save = database.prepare('INSERT OR REPLACE INTO total VALUES (?,?,?)');
  }

  /** Undefined in a database of before there were totals. */
  load(name: string): RowTotal | undefined {
    const row = this.#load.get(name);
    return row === undefined ? undefined : new RowTotal(...row);
  }

  save(name: string, { rows, sum }: RowTotal): void {
    this.#save.run(name, rows, sum);
  }
}

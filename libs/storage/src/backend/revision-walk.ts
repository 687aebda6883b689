import { StorageError } from '../storage-error.js';
import { RowTotal } from './row-total.js';

type Row = readonly [main: number, sub: number, tombstone: number, checksum: number, ...unknown[]];

/** Somebody reads all revisions, slice by slice. While it goes on nothing may be written. */
export class RevisionWalk {
  readonly #found = new RowTotal();
  #main = 0;
  #sub = -1;

  /** False when the slice, asked for from (main, sub) on, is not the next one. */
  goOn(main: number, sub: number, rows: readonly Row[]): boolean {
    if (main !== this.#main || sub !== this.#sub + 1) return false;
    for (const [rowMain, rowSub, , checksum] of rows) {
      // Rows that do not ascend would lead a walk in a circle.
      if (rowMain < this.#main || (rowMain === this.#main && rowSub <= this.#sub)) {
        throw new StorageError('backendFailed', `revision ${rowMain}.${rowSub} is out of order`);
      }
      this.#main = rowMain;
      this.#sub = rowSub;
      this.#found.add(checksum);
    }
    return true;
  }

  /** Nothing is behind the last slice. Throws StorageError('backendFailed') unless all was found. */
  finish(expected: RowTotal): void {
    if (this.#found.equals(expected)) return;
    throw new StorageError(
      'backendFailed',
      `rows are missing or others than were written: ${this.#found.rows} up to revision ` +
        `${this.#main}.${Math.max(0, this.#sub)}, should be ${expected.rows}`,
    );
  }
}

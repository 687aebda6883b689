import { Revision } from '@etcd-ts/foundation';
import type { MvccBackend, RevisionRow } from './backend.js';

/** What one slice may read: about two milliseconds of SQLite, checksums and decoding. */
const SLICE_BYTES = 128 * 1024;
const MAX_SLICE_ROWS = 512;
const FIRST_SLICE_ROWS = 32;

/**
 * Rows in revision order, in slices of about the same size in bytes: rows may be a few bytes or
 * megabytes, and reading a fixed number of them would hold the event loop for a second.
 */
export class RowScan {
  readonly #backend: MvccBackend;
  #main: Revision;
  #sub = 0;
  #rows = FIRST_SLICE_ROWS;
  #done = false;

  constructor(backend: MvccBackend, from: Revision) {
    this.#backend = backend;
    this.#main = from;
  }

  get done(): boolean {
    return this.#done;
  }

  next(): readonly RevisionRow[] {
    const rows = this.#backend.scanRevisions(this.#main, this.#sub, this.#rows);
    this.#done = rows.length < this.#rows;
    const last = rows.at(-1);
    if (last === undefined) return rows;
    this.#main = last.main;
    this.#sub = last.sub + 1;
    let bytes = 0;
    for (const row of rows) bytes += row.value.length + 1;
    const fitting = Math.floor((rows.length * SLICE_BYTES) / bytes);
    // Doubling at most: a few small rows say little about the next ones.
    this.#rows = Math.max(1, Math.min(fitting, this.#rows * 2, MAX_SLICE_ROWS));
    return rows;
  }
}

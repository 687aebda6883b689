import type { Revision } from '@etcd-ts/foundation';
import { assert, CURRENT_REVISION_META } from '@etcd-ts/foundation';
import type { MvccBackend, RevisionId, RevisionRow } from './backend.js';
import { encodeRevision } from './revision-bytes.js';

/**
 * A whole MvccBackend without a disk, for tests and simulations. Rows are an array in revision
 * order; deleted ones leave holes that are closed once they are half of it.
 */
export class MemoryBackend implements MvccBackend {
  #rows: (RevisionRow | undefined)[] = [];
  /** Kept beside the rows, because a hole must still say where it is for the binary search. */
  #mains: number[] = [];
  #subs: number[] = [];
  #holes = 0;
  readonly #meta = new Map<string, Uint8Array>();

  /** An independent copy, as a snapshot or a disk after a crash would be. */
  clone(): MemoryBackend {
    const copy = new MemoryBackend();
    copy.#rows = this.#rows.slice();
    copy.#mains = this.#mains.slice();
    copy.#subs = this.#subs.slice();
    copy.#holes = this.#holes;
    for (const [name, value] of this.#meta) copy.#meta.set(name, value);
    return copy;
  }

  get rowCount(): number {
    return this.#rows.length - this.#holes;
  }

  appendRevision(main: Revision, sub: number, tombstone: boolean, value: Uint8Array): void {
    const position = this.#lowerBound(main, sub);
    assert(position === this.#rows.length, 'rows must be appended in ascending order');
    this.#rows.push({ main, sub, tombstone, value });
    this.#mains.push(main);
    this.#subs.push(sub);
  }

  readRevision(main: Revision, sub: number): Uint8Array | undefined {
    const position = this.#lowerBound(main, sub);
    const row = this.#rows[position];
    return row?.main === main && row.sub === sub ? row.value : undefined;
  }

  scanRevisions(fromMain: Revision, fromSub: number, maxRows: number): readonly RevisionRow[] {
    const rows: RevisionRow[] = [];
    let position = this.#lowerBound(fromMain, fromSub);
    for (; position < this.#rows.length && rows.length < maxRows; position++) {
      const row = this.#rows[position];
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  deleteRevisions(revisions: readonly RevisionId[]): void {
    for (const { main, sub } of revisions) {
      const position = this.#lowerBound(main, sub);
      const row = this.#rows[position];
      if (row?.main !== main || row.sub !== sub) continue;
      this.#rows[position] = undefined;
      this.#holes++;
    }
    if (this.#holes * 2 > this.#rows.length) this.#closeHoles();
  }

  readMeta(name: string): Uint8Array | undefined {
    return this.#meta.get(name);
  }

  writeMeta(name: string, value: Uint8Array): void {
    this.#meta.set(name, value);
  }

  setCurrentRevision(revision: Revision): void {
    this.writeMeta(CURRENT_REVISION_META, encodeRevision(revision));
  }

  #closeHoles(): void {
    const rows = this.#rows.filter((row) => row !== undefined);
    this.#rows = rows;
    this.#mains = rows.map((row) => row.main);
    this.#subs = rows.map((row) => row.sub);
    this.#holes = 0;
  }

  #lowerBound(main: number, sub: number): number {
    let high = this.#mains.length;
    // Appending is the common case.
    const last = high - 1;
    if (high === 0 || this.#before(last, main, sub)) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#before(middle, main, sub)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #before(position: number, main: number, sub: number): boolean {
    const other = this.#mains[position] as number;
    return other < main || (other === main && (this.#subs[position] as number) < sub);
  }
}

/**
 * What the rows read lately may hold together: some 70,000 of 256 bytes. A range of no more than that
 * which is asked for again takes a tenth of what it takes from the disk; no memory is taken before
 * anybody reads. What is written is not put here.
 */
const MAX_BYTES = 32 * 1024 * 1024;
/** Reading a larger row costs little beside sending it, and it would push out hundreds of others. */
const MAX_ROW_BYTES = 32 * 1024;
/** Of a row beside its bytes: a view and the place in the map. */
const OVERHEAD_BYTES = 160;
/** Memory of the rows is taken in pieces, of which half a one at most is left over. */
const SLAB_BYTES = 2 * MAX_ROW_BYTES;

/**
 * Rows read lately: asking the backend for one and checking it again was a fifth of what reading a
 * key costs. The row of a revision never changes, so nothing here is ever wrong; whether it may still
 * be read is decided by the index, before anybody asks for its row.
 *
 * Two generations stand in for "least recently used": what is asked for moves to the young one, and
 * when that has half of the space the old one is dropped as a whole. Rows are copied side by side:
 * one that has just been written lies in memory that it shares with requests and answers, which it
 * would keep, and a piece of memory for each is work for the garbage collector.
 */
export class RowCache {
  readonly #generationBytes: number;
  #young = new Map<number, Uint8Array>();
  #old = new Map<number, Uint8Array>();
  #youngBytes = 0;
  #slab: Buffer | undefined;
  #slabAt = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#generationBytes = maxBytes / 2;
  }

  get(main: number): Uint8Array | undefined {
    const young = this.#young.get(main);
    if (young !== undefined) return young;
    const old = this.#old.get(main);
    return old && this.add(main, old);
  }

  /** The row to be used from now on: a copy, unless it is too large to be kept. */
  add(main: number, row: Uint8Array): Uint8Array {
    if (row.length > MAX_ROW_BYTES) return row;
    if (this.#youngBytes + row.length + OVERHEAD_BYTES > this.#generationBytes) this.#age();
    const kept = this.#copy(row);
    this.#young.set(main, kept);
    this.#youngBytes += row.length + OVERHEAD_BYTES;
    return kept;
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
    this.#slab = undefined;
  }

  #copy(row: Uint8Array): Uint8Array {
    if (this.#slab === undefined || this.#slabAt + row.length > SLAB_BYTES) {
      this.#youngBytes += this.#slab === undefined ? 0 : SLAB_BYTES - this.#slabAt;
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#slabAt = 0;
    }
    const kept = this.#slab.subarray(this.#slabAt, this.#slabAt + row.length);
    kept.set(row);
    this.#slabAt += row.length;
    return kept;
  }
}

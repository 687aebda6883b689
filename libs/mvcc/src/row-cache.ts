import type { KeyValue } from './key-value.js';

/**
 * What the rows read lately may hold together: some 17,000 of 256 bytes, which is what the hot keys
 * of a busy cluster come to, and little beside the index of its keys.
 */
const MAX_BYTES = 8 * 1024 * 1024;
/** Reading a larger row costs little beside sending it, and it would push out hundreds of others. */
const MAX_ROW_BYTES = 32 * 1024;
/** Of an entry beside its key and value: objects, views, the place in the map. */
const OVERHEAD_BYTES = 256;

/**
 * Rows read lately, decoded: asking the backend for one and checking and decoding it again was a
 * fifth of what reading a key costs. The row of a revision never changes, so nothing here is ever
 * wrong; whether it may still be read is decided by the index, before anybody asks for its row.
 *
 * Two generations stand in for "least recently used": what is asked for moves to the young one, and
 * when that has half of the space the old one is dropped as a whole.
 */
export class RowCache {
  readonly #generationBytes: number;
  #young = new Map<number, KeyValue>();
  #old = new Map<number, KeyValue>();
  #youngBytes = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#generationBytes = maxBytes / 2;
  }

  get(main: number): KeyValue | undefined {
    const young = this.#young.get(main);
    if (young !== undefined) return young;
    const old = this.#old.get(main);
    if (old !== undefined) this.add(main, old);
    return old;
  }

  add(main: number, row: KeyValue): void {
    const bytes = row.key.length + row.value.length + OVERHEAD_BYTES;
    if (bytes > MAX_ROW_BYTES) return;
    if (this.#youngBytes + bytes > this.#generationBytes) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(main, row);
    this.#youngBytes += bytes;
  }
}

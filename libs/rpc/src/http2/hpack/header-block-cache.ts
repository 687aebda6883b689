/** Blocks longer than this are not worth comparing: a repeated block is mostly indexes. */
const MAX_CACHED_BLOCK_BYTES = 512;
/** Different requests one client makes in a row: methods, mostly. */
const MAX_CACHED_BLOCKS = 16;

interface Entry<T> {
  readonly generation: number;
  readonly bytes: Buffer;
  readonly value: T;
}

/**
 * What a header block meant, by its bytes, as long as the decoder's generation is the same. A client
 * that repeats a call repeats its block: decoding it costs 1.5 us, finding it here 0.1.
 */
export class HeaderBlockCache<T> {
  readonly #entries: Entry<T>[] = [];
  #oldest = 0;

  find(generation: number, bytes: Buffer, start: number, end: number): T | undefined {
    for (const entry of this.#entries) {
      if (entry.generation === generation && equals(entry.bytes, bytes, start, end)) {
        return entry.value;
      }
    }
    return undefined;
  }

  /** Only for a block that did not change the generation. Copies the bytes. */
  add(generation: number, bytes: Buffer, start: number, end: number, value: T): void {
    if (end - start > MAX_CACHED_BLOCK_BYTES) return;
    // A plain subarray would keep the whole chunk it came in.
    const entry = { generation, bytes: Buffer.from(bytes.subarray(start, end)), value };
    this.#entries[this.#oldest] = entry;
    this.#oldest = (this.#oldest + 1) % MAX_CACHED_BLOCKS;
  }
}

/** Not Buffer.compare: a call out of JavaScript costs more than the 10 to 40 bytes of such blocks. */
function equals(expected: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (expected.length !== length) return false;
  // From the end: clients put what differs (deadline, metadata) last.
  for (let i = length - 1; i >= 0; i--) if (expected[i] !== bytes[start + i]) return false;
  return true;
}

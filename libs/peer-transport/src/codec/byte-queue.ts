import { assert, asBuffer, must } from '@etcd-ts/foundation';

/** Beyond this many waiting pieces, small ones are copied together: an object a byte is a flood. */
const MAX_LOOSE_CHUNKS = 64;
const TAIL_BYTES = 64 * 1024;

/**
 * Bytes as they arrive, in pieces cut anywhere, taken out in the lengths a format asks for. Holds
 * what has arrived and nothing else: a length that was only announced allocates no memory.
 */
export class ByteQueue {
  readonly #chunks: Buffer[] = [];
  /** Of the first chunk, how much is taken already. */
  #taken = 0;
  #length = 0;
  /** Memory of the last chunk behind its end, not yet used; only of chunks made here. */
  #spare = Buffer.alloc(0);

  get length(): number {
    return this.#length;
  }

  /** The chunk is kept and must not be written to any more. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#length += chunk.length;
    if (this.#chunks.length < MAX_LOOSE_CHUNKS || chunk.length > TAIL_BYTES / 2) {
      this.#spare = Buffer.alloc(0);
      this.#chunks.push(asBuffer(chunk));
    } else {
      this.#copyToTail(chunk);
    }
  }

  #copyToTail(chunk: Uint8Array): void {
    if (this.#spare.length < chunk.length) {
      const tail = Buffer.from(new ArrayBuffer(TAIL_BYTES));
      this.#spare = tail;
      this.#chunks.push(tail.subarray(0, 0));
    }
    this.#spare.set(chunk);
    this.#spare = this.#spare.subarray(chunk.length);
    const last = this.#chunks.length - 1;
    const { buffer, byteOffset, length } = must(this.#chunks[last], () => 'no tail');
    // Views handed out earlier end where the new bytes begin.
    this.#chunks[last] = Buffer.from(buffer, byteOffset, length + chunk.length);
  }

  /** The next `size` bytes: a view of a chunk where they lie in one, else a copy. */
  take(size: number): Buffer {
    assert(size <= this.#length, () => `${size} of ${this.#length} bytes asked for`);
    const [first] = this.#chunks;
    if (first === undefined || size === 0) return Buffer.alloc(0);
    if (first.length - this.#taken < size) return this.#gather(size);
    const bytes = first.subarray(this.#taken, this.#taken + size);
    this.#taken += size;
    this.#length -= size;
    if (this.#taken === first.length) this.#dropFirst(1);
    return bytes;
  }

  #gather(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    let whole = 0;
    for (const chunk of this.#chunks) {
      const copied = chunk.copy(bytes, filled, this.#taken);
      filled += copied;
      if (this.#taken + copied < chunk.length) {
        this.#taken += copied;
        break;
      }
      this.#taken = 0;
      whole++;
      if (filled === size) break;
    }
    const taken = this.#taken;
    this.#dropFirst(whole);
    this.#taken = taken;
    this.#length -= size;
    return bytes;
  }

  #dropFirst(count: number): void {
    this.#chunks.splice(0, count);
    this.#taken = 0;
    if (this.#chunks.length === 0) this.#spare = Buffer.alloc(0);
  }
}

import { assert, writeBytes } from '@etcd-ts/foundation';

/** What all answers of one turn of the event loop mostly fit in. */
export const SEGMENT_BYTES = 64 * 1024;
/** Spare segments kept for later turns, for all connections together: 4 MiB. */
const MAX_SPARE_SEGMENTS = 64;

/** Segments are used again and again: a fresh one for each turn is paid in garbage collection. */
export class SegmentPool {
  readonly #spare: Buffer[] = [];

  take(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(SEGMENT_BYTES);
  }

  giveBack(segment: Buffer): void {
    if (this.#spare.length < MAX_SPARE_SEGMENTS) this.#spare.push(segment);
  }
}

export interface TakenOutput {
  /** In order. Not to be changed. */
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  /** To be called once, when the chunks were written: their memory is then used again. */
  release(): void;
}

/** Bytes gathered until somebody takes them to the socket. */
export class OutputBuffer {
  readonly #pool: SegmentPool;
  #full: Buffer[] = [];
  #current: Buffer | undefined;
  #at = 0;
  #takes = 0;

  constructor(pool: SegmentPool) {
    this.#pool = pool;
  }

  get length(): number {
    return this.#full.length * SEGMENT_BYTES + this.#at;
  }

  /** Goes up whenever the output is taken: what was written before may not be touched any more. */
  get takes(): number {
    return this.#takes;
  }

  append(bytes: Uint8Array, start = 0, end = bytes.length): void {
    let from = start;
    while (from < end) {
      const segment = this.#segmentWithRoom();
      const length = Math.min(end - from, SEGMENT_BYTES - this.#at);
      this.#at = writeBytes(segment, this.#at, bytes, from, from + length);
      from += length;
    }
  }

  /** One behind the other; `length` is that of all. */
  appendAll(length: number, a: Uint8Array, b: Uint8Array, c: Uint8Array, d: Uint8Array): void {
    const segment = this.piece(length);
    if (segment === undefined) {
      this.append(a);
      this.append(b);
      this.append(c);
      this.append(d);
      return;
    }
    let at = this.#at;
    at = writeBytes(segment, at, a);
    at = writeBytes(segment, at, b);
    at = writeBytes(segment, at, c);
    this.#at = writeBytes(segment, at, d);
  }

  /** Room for `length` bytes in one piece, or undefined if the segment ends before. */
  piece(length: number): Buffer | undefined {
    const segment = this.#segmentWithRoom();
    return SEGMENT_BYTES - this.#at >= length ? segment : undefined;
  }

  /** Where a piece begins. */
  get at(): number {
    return this.#at;
  }

  /** The piece was filled up to here. */
  advanceTo(at: number): void {
    assert(at >= this.#at && at <= SEGMENT_BYTES, 'a piece lies within its segment');
    this.#at = at;
  }

  take(): TakenOutput {
    const bytes = this.length;
    const segments = this.#full;
    const chunks = segments.slice();
    if (this.#current !== undefined) {
      segments.push(this.#current);
      chunks.push(this.#current.subarray(0, this.#at));
    }
    this.#full = [];
    this.#current = undefined;
    this.#at = 0;
    this.#takes++;
    return {
      chunks,
      bytes,
      release: () => {
        for (const segment of segments) this.#pool.giveBack(segment);
      },
    };
  }

  #segmentWithRoom(): Buffer {
    if (this.#current !== undefined && this.#at < SEGMENT_BYTES) return this.#current;
    if (this.#current !== undefined) this.#full.push(this.#current);
    this.#at = 0;
    this.#current = this.#pool.take();
    return this.#current;
  }
}

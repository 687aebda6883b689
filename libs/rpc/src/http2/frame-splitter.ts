import { ConnectionError, ErrorCode } from './error-code.js';
import { FRAME_HEADER_BYTES, PREFACE, uint31At } from './frame.js';
import { DEFAULT_MAX_FRAME_BYTES } from './limits.js';

export interface FrameSink {
  /** The payload is `bytes` from `start` to `end`. It may be kept, and must not be written to. */
  frame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void;
}

/**
 * Cuts what a client sends into frames, the preface in front of them taken off. A frame within one
 * chunk is passed on where it lies; only one that spans chunks is copied, once.
 */
export class FrameSplitter {
  readonly #sink: FrameSink;
  #prefaceBytes = 0;
  /** The beginning of a frame that has not come to its end. */
  #partial: Buffer = EMPTY;
  #partialBytes = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Throws a ConnectionError for a wrong preface and for a frame that is too large. */
  push(chunk: Buffer): void {
    let at = this.#prefaceBytes < PREFACE.length ? this.#skipPreface(chunk) : 0;
    if (this.#partialBytes > 0) at = this.#complete(chunk, at);
    const { length } = chunk;
    while (length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + payloadLength(chunk, at);
      if (end > length) break;
      this.#pass(chunk, at, end);
      at = end;
    }
    if (at < length) this.#keep(chunk, at, length);
  }

  #skipPreface(chunk: Buffer): number {
    const length = Math.min(chunk.length, PREFACE.length - this.#prefaceBytes);
    for (let i = 0; i < length; i++) {
      if (chunk[i] !== PREFACE[this.#prefaceBytes + i]) {
        throw new ConnectionError(ErrorCode.ProtocolError, 'not the preface of HTTP/2');
      }
    }
    this.#prefaceBytes += length;
    return length;
  }

  #pass(bytes: Buffer, at: number, end: number): void {
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    this.#sink.frame(type, flags, uint31At(bytes, at + 5), bytes, at + FRAME_HEADER_BYTES, end);
  }

  /** Takes from the chunk what the frame begun before still lacks; returns where it continues. */
  #complete(chunk: Buffer, from: number): number {
    let at = this.#keep(chunk, from, from + FRAME_HEADER_BYTES - this.#partialBytes);
    if (this.#partialBytes < FRAME_HEADER_BYTES) return at;
    const total = FRAME_HEADER_BYTES + payloadLength(this.#partial, 0);
    this.#grow(total);
    at = this.#keep(chunk, at, at + total - this.#partialBytes);
    if (this.#partialBytes < total) return at;
    const frame = this.#partial;
    this.#partial = EMPTY;
    this.#partialBytes = 0;
    this.#pass(frame, 0, total);
    return at;
  }

  #keep(chunk: Buffer, from: number, to: number): number {
    if (to <= from) return from;
    this.#grow(FRAME_HEADER_BYTES);
    const end = Math.min(to, chunk.length);
    if (this.#partialBytes + end - from > this.#partial.length) {
      this.#grow(FRAME_HEADER_BYTES + payloadLength(chunk, from));
    }
    chunk.copy(this.#partial, this.#partialBytes, from, end);
    this.#partialBytes += end - from;
    return end;
  }

  #grow(bytes: number): void {
    if (this.#partial.length >= bytes) return;
    const larger = Buffer.allocUnsafe(bytes);
    this.#partial.copy(larger, 0, 0, this.#partialBytes);
    this.#partial = larger;
  }
}

const EMPTY = Buffer.alloc(0);

/** We never announce more than the default as our largest frame. */
function payloadLength(bytes: Buffer, at: number): number {
  const length =
    ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (length > DEFAULT_MAX_FRAME_BYTES) {
    throw new ConnectionError(ErrorCode.FrameSizeError, `a frame of ${length} bytes`);
  }
  return length;
}

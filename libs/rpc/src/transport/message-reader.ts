import { uint32At } from '../http2/frame.js';
import { PREFIX_BYTES } from './message-prefix.js';

/** A message's memory is taken as its bytes come, not as its prefix claims. */
const FIRST_BUFFER_BYTES = 16 * 1024;

export type ReadStep =
  | { readonly kind: 'message'; readonly flag: number; readonly bytes: Buffer }
  | { readonly kind: 'too large'; readonly length: number };

/** Puts messages together that are not one DATA frame each. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  #length = 0;
  #message: Buffer = EMPTY;
  #messageBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the message begun that have not come; 0 between messages. */
  get missing(): number {
    if (this.#prefixBytes === 0) return 0;
    if (this.#prefixBytes < PREFIX_BYTES) return PREFIX_BYTES - this.#prefixBytes;
    return this.#length - this.#messageBytes;
  }

  /** Bytes held of the message begun. */
  get held(): number {
    return this.#messageBytes;
  }

  get midMessage(): boolean {
    return this.#prefixBytes > 0;
  }

  /** All messages that end in these bytes. Stops at one that is too large: nothing comes after it. */
  *read(bytes: Buffer, from: number, to: number): Generator<ReadStep, void, undefined> {
    let at = from;
    while (at < to) {
      at = this.#takePrefix(bytes, at, to);
      if (this.#prefixBytes < PREFIX_BYTES) return;
      if (this.#length > this.#maxBytes) {
        yield { kind: 'too large', length: this.#length };
        return;
      }
      at = this.#takeContent(bytes, at, to);
      if (this.#messageBytes < this.#length) return;
      const message = this.#message.subarray(0, this.#length);
      this.#prefixBytes = 0;
      this.#messageBytes = 0;
      this.#message = EMPTY;
      yield { kind: 'message', flag: this.#prefix[0] as number, bytes: message };
    }
  }

  #takePrefix(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (this.#prefixBytes < PREFIX_BYTES && at < to) {
      this.#prefix[this.#prefixBytes++] = bytes[at++] as number;
      if (this.#prefixBytes === PREFIX_BYTES) this.#length = uint32At(this.#prefix, 1);
    }
    return at;
  }

  #takeContent(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#length - this.#messageBytes);
    this.#reserve(this.#messageBytes + end - from);
    bytes.copy(this.#message, this.#messageBytes, from, end);
    this.#messageBytes += end - from;
    return end;
  }

  /** Doubles: each byte is copied twice at most. */
  #reserve(bytes: number): void {
    if (this.#message.length >= bytes) return;
    const doubled = Math.max(bytes, this.#message.length * 2, FIRST_BUFFER_BYTES);
    const larger = Buffer.allocUnsafe(Math.min(doubled, Math.max(bytes, this.#length)));
    this.#message.copy(larger, 0, 0, this.#messageBytes);
    this.#message = larger;
  }
}

const EMPTY = Buffer.alloc(0);

/** The bytes are not a protobuf message of the expected shape. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

/**
 * Walks the fields of one message inside a larger buffer without copying: the caller asks for the
 * next tag and then reads or skips its value. Never reads beyond `end`, whatever the bytes say.
 */
export class FieldReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Buffer, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get position(): number {
    return this.#at;
  }

  /** field * 8 + wire type; 0 at the end of the message. */
  tag(): number {
    return this.#at >= this.#end ? 0 : this.number();
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new MalformedMessageError('message ends inside a field');
    return this.#bytes[this.#at++] as number;
  }

  /** A varint that must be exact as a double: counters and lengths. */
  number(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new MalformedMessageError('varint beyond 2^53');
  }

  /** A full 64-bit varint: ids. */
  bigint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedMessageError('varint longer than ten bytes');
  }

  /** A view of the buffer, not a copy. */
  bytes(): Buffer {
    const length = this.number();
    if (length > this.#end - this.#at) {
      throw new MalformedMessageError('length beyond the end of the message');
    }
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  skip(tag: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.bigint();
        return;
      case WIRE_BYTES:
        this.bytes();
        return;
      case WIRE_FIXED64:
        return this.#skipBytes(8);
      case WIRE_FIXED32:
        return this.#skipBytes(4);
      default:
        throw new MalformedMessageError(`wire type ${tag & 7}`);
    }
  }

  #skipBytes(length: number): void {
    if (length > this.#end - this.#at) throw new MalformedMessageError('truncated fixed field');
    this.#at += length;
  }
}

/** Appends a varint to an ordinary array: for the small, rare messages. */
export function pushVarint(out: number[], value: number | bigint): void {
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
}

import { assert } from '@etcd-ts/foundation';

/**
 * Protobuf fields into memory of known size. Every field of raftpb has a number below 16, so that
 * a tag is one byte. Lengths come first in protobuf: hence a size function beside every writer.
 */
export const WIRE_VARINT = 0;
export const WIRE_LENGTH_DELIMITED = 2;

const TWO_POW_32 = 2 ** 32;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Bytes of a varint, 1..8 for a safe integer. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Bytes of the varint of an unsigned 64-bit value, 1..10. */
export function uint64Size(value: bigint): number {
  if (value <= MAX_SAFE) return varintSize(Number(value));
  return 7 + varintSize(Number(value >> 49n));
}

/** Of a length-delimited field's tag, length and content. */
export function lengthDelimitedSize(contentBytes: number): number {
  return 1 + varintSize(contentBytes) + contentBytes;
}

export class FieldWriter {
  readonly #target: Uint8Array;
  #position: number;

  constructor(target: Uint8Array, position = 0) {
    this.#target = target;
    this.#position = position;
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#position;
  }

  #byte(value: number): void {
    this.#target[this.#position++] = value;
  }

  #varint(value: number): void {
    let rest = value;
    // Above 32 bits the bitwise operators would cut the value, so the high part divides.
    while (rest >= TWO_POW_32) {
      this.#byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    rest >>>= 0;
    while (rest >= 128) {
      this.#byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#byte(rest);
  }

  /** A uint64, enum or bool field. Zero is written too. */
  number(field: number, value: number): void {
    this.#byte((field << 3) | WIRE_VARINT);
    this.#varint(value);
  }

  uint64(field: number, value: bigint): void {
    this.#byte((field << 3) | WIRE_VARINT);
    let rest = value;
    while (rest > MAX_SAFE) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#varint(Number(rest));
  }

  bytes(field: number, value: Uint8Array): void {
    this.message(field, value.length);
    this.#target.set(value, this.#position);
    this.#position += value.length;
  }

  /** Tag and length of an embedded message, whose fields the caller writes next. */
  message(field: number, contentBytes: number): void {
    this.#byte((field << 3) | WIRE_LENGTH_DELIMITED);
    this.#varint(contentBytes);
  }
}

/** Exactly `size` bytes, filled by `write`. */
export function encodeSized(size: number, write: (writer: FieldWriter) => void): Uint8Array {
  const target = Buffer.allocUnsafe(size);
  const writer = new FieldWriter(target);
  write(writer);
  // allocUnsafe hands out old memory: a size function that disagrees with its writer would leak it.
  assert(writer.position === size, () => `encoded ${writer.position} bytes, expected ${size}`);
  return target;
}

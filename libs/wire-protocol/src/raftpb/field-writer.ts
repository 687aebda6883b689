import { assert, varintSize, writeVarint, writeVarint64 } from '@etcd-ts/foundation';

/**
 * Protobuf fields into memory of known size. Every field of raftpb has a number below 16, so that
 * a tag is one byte. Lengths come first in protobuf: hence a size function beside every writer.
 */
export const WIRE_VARINT = 0;
export const WIRE_LENGTH_DELIMITED = 2;

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
    this.#position = writeVarint(this.#target, this.#position, value);
  }

  /** A uint64, enum or bool field. Zero is written too. */
  number(field: number, value: number): void {
    this.#byte((field << 3) | WIRE_VARINT);
    this.#varint(value);
  }

  uint64(field: number, value: bigint): void {
    this.#byte((field << 3) | WIRE_VARINT);
    this.#position = writeVarint64(this.#target, this.#position, value);
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

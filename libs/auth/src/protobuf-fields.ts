import { asBuffer, assert } from '@etcd-ts/foundation';

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/** Writes protobuf fields with numbers below 16; zero and empty ones are left out, as etcd does. */
export class FieldWriter {
  readonly #bytes: number[] = [];

  /** Negative numbers (an enum's, too) take ten bytes, as protobuf has it. */
  number(field: number, value: number): this {
    if (value === 0) return this;
    this.#bytes.push((field << 3) | WIRE_VARINT);
    return this.#varint(BigInt.asUintN(64, BigInt(value)));
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.message(field, value);
  }

  /** Unlike `bytes`, present also when empty. */
  message(field: number, value: Uint8Array): this {
    this.#bytes.push((field << 3) | WIRE_BYTES);
    this.#varint(BigInt(value.length));
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.from(this.#bytes);
  }

  #varint(value: bigint): this {
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes.push(Number(rest & 0x7fn) | 0x80);
    this.#bytes.push(Number(rest));
    return this;
  }
}

export type Field =
  | { readonly field: number; readonly kind: 'number'; readonly value: bigint }
  | { readonly field: number; readonly kind: 'bytes'; readonly value: Uint8Array };

/** The fields of a message, in order; kinds that authpb does not use are skipped. Values are copies. */
export function* fieldsOf(message: Uint8Array): Generator<Field, void, undefined> {
  const bytes = asBuffer(message);
  let at = 0;
  // Exact to the last bit: a rounded enum could turn into one that grants something.
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      assert(byte !== undefined && shift < 70n, 'damaged auth record: number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  };
  const skip = (length: number): void => {
    at += length;
    assert(at <= bytes.length, 'damaged auth record: it ends within a field');
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (wire === WIRE_VARINT) {
      yield { field, kind: 'number', value: varint() };
    } else if (wire === WIRE_BYTES) {
      const length = Number(varint());
      skip(length);
      yield { field, kind: 'bytes', value: Uint8Array.from(bytes.subarray(at - length, at)) };
    } else {
      assert(wire === WIRE_FIXED64 || wire === WIRE_FIXED32, 'damaged auth record: field type');
      skip(wire === WIRE_FIXED64 ? 8 : 4);
    }
  }
}

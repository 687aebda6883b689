import { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import { WIRE_LENGTH_DELIMITED, WIRE_VARINT } from './field-writer.js';

/** Bytes that are no message of the expected kind: a damaged file or a broken peer. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
}

const WIRE_FIXED64 = 1;
const WIRE_FIXED32 = 5;
const MAX_VARINT_BYTES = 10;
/** Field numbers have 29 bits: beyond them decoders differ in which bits they leave out. */
const MAX_TAG = 2 ** 32 - 1;

/**
 * Reads one message field by field: `while (reader.next()) switch (reader.field) ...`, where each
 * case reads the value once or skips it. Everything it throws is a MalformedMessageError.
 */
export class FieldReader {
  readonly #source: Uint8Array;
  readonly #end: number;
  #position: number;
  #wireType = WIRE_VARINT;
  field = 0;

  constructor(source: Uint8Array, start = 0, end = source.length) {
    this.#source = source;
    this.#position = start;
    this.#end = end;
  }

  next(): boolean {
    if (this.#position >= this.#end) return false;
    const tag = this.#varint();
    if (tag > MAX_TAG) throw new MalformedMessageError('field number out of range');
    this.field = Math.floor(tag / 8);
    this.#wireType = tag % 8;
    if (this.field === 0) throw new MalformedMessageError('field number 0');
    return true;
  }

  /** A varint that must be a safe integer: terms, indexes and enums beyond it are damage. */
  number(): number {
    this.#expect(WIRE_VARINT);
    return this.#varint();
  }

  bool(): boolean {
    return this.uint64() !== 0n;
  }

  uint64(): bigint {
    this.#expect(WIRE_VARINT);
    return this.#uint64();
  }

  /** A view of the source, not a copy. */
  bytes(): Uint8Array {
    const start = this.#enter();
    return this.#source.subarray(start, this.#position);
  }

  /** A reader of the embedded message's fields. */
  message(): FieldReader {
    const start = this.#enter();
    return new FieldReader(this.#source, start, this.#position);
  }

  /** Repeated uint64s come one by one or packed; a reader must take both. */
  uint64sInto(list: MemberId[]): void {
    if (this.#wireType !== WIRE_LENGTH_DELIMITED) {
      list.push(MemberId(this.uint64()));
      return;
    }
    const packed = this.message();
    while (packed.#position < packed.#end) list.push(MemberId(packed.#uint64()));
  }

  memberId(): MemberId {
    return MemberId(this.uint64());
  }

  term(): Term {
    return Term(this.number());
  }

  index(): RaftIndex {
    return RaftIndex(this.number());
  }

  skip(): void {
    switch (this.#wireType) {
      case WIRE_VARINT:
        this.#uint64();
        return;
      case WIRE_FIXED64:
        this.#advance(8);
        return;
      case WIRE_LENGTH_DELIMITED:
        this.#enter();
        return;
      case WIRE_FIXED32:
        this.#advance(4);
        return;
      default:
        throw new MalformedMessageError(`wire type ${this.#wireType} in field ${this.field}`);
    }
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) {
      throw new MalformedMessageError(`wire type ${this.#wireType} in field ${this.field}`);
    }
  }

  /** Past a length-delimited value; answers where it began. */
  #enter(): number {
    this.#expect(WIRE_LENGTH_DELIMITED);
    const length = this.#varint();
    const start = this.#position;
    this.#advance(length);
    return start;
  }

  #advance(bytes: number): void {
    if (bytes > this.#end - this.#position) throw new MalformedMessageError('unexpected end');
    this.#position += bytes;
  }

  #byte(): number {
    if (this.#position >= this.#end) throw new MalformedMessageError('unexpected end');
    return this.#source[this.#position++] as number;
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value <= Number.MAX_SAFE_INTEGER) return value;
        throw new MalformedMessageError(`value out of range in field ${this.field}`);
      }
      scale *= 128;
    }
    throw new MalformedMessageError('varint too long');
  }

  #uint64(): bigint {
    let low = 0;
    let scale = 1;
    // Seven bytes carry 49 bits, exact in a double; only hashes need the rest.
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte();
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(low);
      scale *= 128;
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new MalformedMessageError('varint too long');
  }
}

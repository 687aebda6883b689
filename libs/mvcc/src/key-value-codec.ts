import {
  asBuffer,
  assert,
  EMPTY_BYTES,
  LeaseId,
  NO_LEASE,
  Revision,
  varintSize,
  varintSize64,
  writeBytes,
  writeVarint,
  writeVarint64,
} from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import type { EncodedPut } from './encoded-put.js';
import type { KeyValue } from './key-value.js';

// mvccpb.KeyValue, written by hand: it runs once for every put and every key read, and its bytes
// must be exactly those of etcd (fields ascending, zero fields left out), or HashKV would differ.
const KEY = 0x0a;
const CREATE_REVISION = 0x10;
const MOD_REVISION = 0x18;
const VERSION = 0x20;
const VALUE = 0x2a;
const LEASE = 0x30;

/** Below this a loop is faster than the call into native code that `set` is. */
const LOOP_BYTES = 32;

const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

export function encodeKeyValue(kv: KeyValue): Uint8Array {
  const lease = kv.lease === NO_LEASE ? 0n : BigInt.asUintN(64, kv.lease);
  const size =
    bytesFieldSize(kv.key) +
    numberFieldSize(kv.createRevision) +
    numberFieldSize(kv.modRevision) +
    numberFieldSize(kv.version) +
    bytesFieldSize(kv.value) +
    (lease === 0n ? 0 : 1 + varintSize64(lease));
  const out = Buffer.allocUnsafe(size);
  let at = writeBytesField(out, 0, KEY, kv.key);
  at = writeNumberField(out, at, CREATE_REVISION, kv.createRevision);
  at = writeNumberField(out, at, MOD_REVISION, kv.modRevision);
  at = writeNumberField(out, at, VERSION, kv.version);
  at = writeBytesField(out, at, VALUE, kv.value);
  if (lease !== 0n) {
    out[at++] = LEASE;
    at = writeVarint64(out, at, lease);
  }
  assert(at === size, 'KeyValue size');
  return out;
}

/** The same for what a put makes of its key, from the bytes the put came in. */
export function encodeRow(
  put: EncodedPut,
  createRevision: number,
  modRevision: number,
  version: number,
): Uint8Array {
  const { source, keyStart, keyEnd, valueStart, valueEnd } = put;
  const lease = put.lease === NO_LEASE ? 0n : BigInt.asUintN(64, put.lease);
  const size =
    lengthFieldSize(keyEnd - keyStart) +
    numberFieldSize(createRevision) +
    numberFieldSize(modRevision) +
    numberFieldSize(version) +
    lengthFieldSize(valueEnd - valueStart) +
    (lease === 0n ? 0 : 1 + varintSize64(lease));
  const out = Buffer.allocUnsafe(size);
  let at = writeBytesField(out, 0, KEY, source, keyStart, keyEnd);
  at = writeNumberField(out, at, CREATE_REVISION, createRevision);
  at = writeNumberField(out, at, MOD_REVISION, modRevision);
  at = writeNumberField(out, at, VERSION, version);
  at = writeBytesField(out, at, VALUE, source, valueStart, valueEnd);
  if (lease !== 0n) {
    out[at++] = LEASE;
    at = writeVarint64(out, at, lease);
  }
  assert(at === size, 'KeyValue size');
  return out;
}

/** The same without value and lease, from what the index knows of a key. */
export function encodeKey(
  name: BinaryString,
  createRevision: number,
  modRevision: number,
  version: number,
): Uint8Array {
  const size =
    lengthFieldSize(name.length) +
    numberFieldSize(createRevision) +
    numberFieldSize(modRevision) +
    numberFieldSize(version);
  const out = Buffer.allocUnsafe(size);
  let at = writeNameField(out, 0, KEY, name);
  at = writeNumberField(out, at, CREATE_REVISION, createRevision);
  at = writeNumberField(out, at, MOD_REVISION, modRevision);
  at = writeNumberField(out, at, VERSION, version);
  assert(at === size, 'KeyValue size');
  return out;
}

/** What a tombstone row holds. */
export function encodeTombstone(key: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(bytesFieldSize(key));
  writeBytesField(out, 0, KEY, key);
  return out;
}

/** `key` and `value` of the result are views of `bytes`. Throws AssertionError on damaged rows. */
export function decodeKeyValue(bytes: Uint8Array): KeyValue {
  const reader = new FieldReader(bytes);
  let key = EMPTY_BYTES;
  let value = EMPTY_BYTES;
  let lease = NO_LEASE;
  let create = 0;
  let mod = 0;
  let version = 0;
  while (!reader.done) {
    const tag = reader.varint();
    if (tag === KEY) key = reader.bytes();
    else if (tag === CREATE_REVISION) create = reader.varint();
    else if (tag === MOD_REVISION) mod = reader.varint();
    else if (tag === VERSION) version = reader.varint();
    else if (tag === VALUE) value = reader.bytes();
    else if (tag === LEASE) lease = LeaseId(reader.bigVarint());
    else reader.skip(tag);
  }
  return {
    key,
    createRevision: Revision(create),
    modRevision: Revision(mod),
    version,
    value,
    lease,
  };
}

class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    assert(Number.isSafeInteger(value), 'damaged KeyValue: number beyond 2^53');
    return value;
  }

  bigVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.#at;
    this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Fields of a later etcd. */
  skip(tag: number): void {
    const wire = tag & 7;
    if (wire === WIRE_VARINT) this.bigVarint();
    else if (wire === WIRE_BYTES) this.bytes();
    else if (wire === WIRE_FIXED64) this.#advance(8);
    else if (wire === WIRE_FIXED32) this.#advance(4);
    else assert(false, `damaged KeyValue: wire type ${wire}`);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    assert(byte !== undefined, 'damaged KeyValue: cut short');
    return byte;
  }

  #advance(length: number): void {
    this.#at += length;
    assert(this.#at <= this.#bytes.length, 'damaged KeyValue: cut short');
  }
}

function numberFieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

function bytesFieldSize(bytes: Uint8Array): number {
  return lengthFieldSize(bytes.length);
}

function lengthFieldSize(length: number): number {
  return length === 0 ? 0 : 1 + varintSize(length) + length;
}

function writeNumberField(out: Buffer, start: number, tag: number, value: number): number {
  if (value === 0) return start;
  out[start] = tag;
  return writeVarint(out, start + 1, value);
}

function writeBytesField(
  out: Buffer,
  start: number,
  tag: number,
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
): number {
  const length = to - from;
  if (length === 0) return start;
  out[start] = tag;
  const at = writeVarint(out, start + 1, length);
  return writeBytes(out, at, bytes, from, to);
}

function writeNameField(out: Buffer, start: number, tag: number, name: BinaryString): number {
  const { length } = name;
  if (length === 0) return start;
  out[start] = tag;
  const at = writeVarint(out, start + 1, length);
  if (length > LOOP_BYTES) out.write(name, at, 'latin1');
  else for (let i = 0; i < length; i++) out[at + i] = name.charCodeAt(i);
  return at + length;
}

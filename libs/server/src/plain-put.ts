import {
  asBuffer,
  EMPTY_BYTES,
  LeaseId,
  NO_LEASE,
  varintSize,
  writeVarint,
} from '@etcd-ts/foundation';
import type { EncodedPut } from '@etcd-ts/mvcc';

// PutRequest
const KEY = 0x0a;
const VALUE = 0x12;
const LEASE = 0x18;
// InternalRaftRequest: `put`, `txn`, `lease_grant`, and `header` (field 100), whose ID is its first field.
const PUT = 0x22;
const TXN = 0x32;
const LEASE_GRANT = 0x42;
const TAGS = { put: PUT, txn: TXN, leaseGrant: LEASE_GRANT } as const;
const HEADER_FIRST = 0xa2;
const HEADER_SECOND = 0x06;
const HEADER_ID = 0x08;
const HEADER_TAG_BYTES = 2;

/** Longer requests are the ordinary way's to refuse: a length then has four bytes at most. */
const MAX_PUT_BYTES = 2 ** 27;

/**
 * The id of a request in two halves of 32 bits, signed: bigints, or numbers beyond 2^31, are objects
 * of their own, and there would be several for each write.
 */
export interface SplitId {
  readonly high: number;
  readonly low: number;
}

/**
 * Reads a put that asks for nothing but a key, a value and perhaps a lease, where it lies: most
 * writes are such. One reader is used for all of them, as an object for each would have to be moved
 * by the garbage collector while it waits for the disk. Whatever else it is given it does not take:
 * that goes through the generated code, which this must agree with.
 */
export class PlainPutReader implements EncodedPut, SplitId {
  source: Buffer = asBuffer(EMPTY_BYTES);
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  lease: LeaseId = NO_LEASE;
  /** Of the entry's request. */
  high = 0;
  low = 0;
  #at = 0;

  /** A marshalled PutRequest. False: not plain, or damaged. */
  readRequest(request: Uint8Array): boolean {
    this.source = asBuffer(request);
    this.#at = 0;
    return request.length < MAX_PUT_BYTES && this.#fields();
  }

  /** A log entry, as `encodeDirectWrite` and the generated code make it of a put without a user. */
  readEntry(entry: Uint8Array): boolean {
    this.source = asBuffer(entry);
    if (!this.readId(entry) || entry[this.#at] !== PUT) return false;
    this.#at++;
    const length = this.#varint();
    return length >= 0 && this.#at + length === entry.length && this.#fields();
  }

  /** Only the id of such an entry. */
  readId(entry: Uint8Array): boolean {
    if (entry[0] !== HEADER_FIRST || entry[1] !== HEADER_SECOND) return false;
    const end = HEADER_TAG_BYTES + 1 + (entry[HEADER_TAG_BYTES] as number);
    if (entry[HEADER_TAG_BYTES + 1] !== HEADER_ID || end > entry.length) return false;
    this.source = asBuffer(entry);
    this.#at = HEADER_TAG_BYTES + 2;
    // A user, too: then the header goes on.
    return this.#uint64() && this.#at === end;
  }

  /** Of a field that comes twice the last counts, as everywhere in protobuf. */
  #fields(): boolean {
    const { source } = this;
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = 0;
    this.lease = NO_LEASE;
    while (this.#at < source.length) {
      const tag = source[this.#at++];
      if (tag === LEASE) {
        if (!this.#readLease()) return false;
        continue;
      }
      const length = tag === KEY || tag === VALUE ? this.#varint() : -1;
      const start = this.#at;
      if (length < 0 || start + length > source.length) return false;
      this.#at += length;
      if (tag === KEY) {
        this.keyStart = start;
        this.keyEnd = this.#at;
      } else {
        this.valueStart = start;
        this.valueEnd = this.#at;
      }
    }
    return this.keyEnd > this.keyStart;
  }

  #readLease(): boolean {
    const { high, low } = this;
    const isWhole = this.#uint64();
    this.lease = LeaseId(joinId(this));
    this.high = high;
    this.low = low;
    return isWhole;
  }

  /** Below 2^28; -1 for what is longer, or cut short. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.source[this.#at++];
      if (byte === undefined) return -1;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }

  /** Into `high` and `low`. False for what is longer than ten bytes, beyond 64 bits or cut short. */
  #uint64(): boolean {
    this.low = 0;
    this.high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.source[this.#at++];
      if (byte === undefined) return false;
      const bits = byte & 0x7f;
      if (shift < 28) this.low |= bits << shift;
      else if (shift === 28) {
        this.low |= bits << 28;
        this.high = bits >>> 4;
      } else {
        if (shift === 63 && byte > 1) return false;
        this.high |= bits << (shift - 32);
      }
      if (byte < 0x80) return true;
    }
    return false;
  }
}

/** The log entry of a write of nobody in particular: `request` is a marshalled request of its kind. */
export function encodeDirectWrite(
  kind: keyof typeof TAGS,
  { high, low }: SplitId,
  request: Uint8Array,
): Uint8Array {
  const idBytes = uint64Size(high, low);
  const length = request.length;
  const head = HEADER_TAG_BYTES + 2 + idBytes + 1 + varintSize(length);
  const out = Buffer.allocUnsafe(head + length);
  out[0] = HEADER_FIRST;
  out[1] = HEADER_SECOND;
  out[2] = 1 + idBytes;
  out[3] = HEADER_ID;
  let at = putUint64(out, 4, high, low);
  out[at++] = TAGS[kind];
  at = writeVarint(out, at, length);
  out.set(request, at);
  return out;
}

export function splitId(id: bigint): SplitId {
  return { high: Number(BigInt.asIntN(32, id >> 32n)), low: Number(BigInt.asIntN(32, id)) };
}

export function joinId({ high, low }: SplitId): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}

function uint64Size(high: number, low: number): number {
  if (high === 0) return varintSize(low >>> 0);
  // Five bytes hold 35 bits.
  const beyond = (high >>> 0) >>> 3;
  return beyond === 0 ? 5 : 5 + varintSize(beyond);
}

function putUint64(out: Buffer, start: number, high: number, low: number): number {
  let at = start;
  let lowBits = low;
  let highBits = high;
  while (highBits !== 0 || lowBits >>> 0 > 0x7f) {
    out[at++] = (lowBits & 0x7f) | 0x80;
    lowBits = (lowBits >>> 7) | (highBits << 25);
    highBits >>>= 7;
  }
  out[at++] = lowBits;
  return at;
}

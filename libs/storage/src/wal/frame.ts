import { FieldReader, MalformedMessageError } from '@etcd-ts/wire-protocol';

/**
 * One record on disk: an 8-byte little-endian length field, walpb.Record{type = 1, crc = 2,
 * data = 3}, and 0 to 7 zero bytes up to the next multiple of eight (so that a length field never
 * straddles a sector). The low 56 bits are the record's size; bit 63 says that bits 56-58 hold the
 * number of padding bytes.
 */
export const LENGTH_FIELD_BYTES = 8;

/** Disks write sectors whole or not at all; etcd judges torn writes at this size. */
export const SECTOR_BYTES = 512;

/** In the high half of the length field. */
const PADDED = 0x80000000;
/**
 * Bit 62, which etcd's readers mask away: all that stands before this record was durable before
 * this record was written. It is what tells a torn write (nothing of a later batch can follow)
 * from damage to acknowledged records (a later batch does follow).
 */
const BARRIER = 0x40000000;

export type RecordType = 1 | 2 | 3 | 4 | 5;
export const METADATA_RECORD = 1;
export const ENTRY_RECORD = 2;
export const STATE_RECORD = 3;
export const CRC_RECORD = 4;
export const SNAPSHOT_RECORD = 5;

export function paddingOf(recordBytes: number): number {
  return (8 - (recordBytes & 7)) & 7;
}

export function writeLengthField(
  into: Buffer,
  at: number,
  recordBytes: number,
  barrier: boolean,
): void {
  const padding = paddingOf(recordBytes);
  const high = (padding === 0 ? 0 : PADDED | (padding << 24)) | (barrier ? BARRIER : 0);
  into.writeUInt32LE(recordBytes, at);
  into.writeUInt32LE(high >>> 0, at + 4);
}

export interface Frame {
  readonly type: RecordType;
  readonly crc: number;
  readonly data: Uint8Array;
  /** The record before this one was durable when this one was written. */
  readonly barrier: boolean;
  /** Where the next frame begins. */
  readonly end: number;
}

export type FrameOutcome =
  | ({ readonly kind: 'frame' } & Frame)
  | { readonly kind: 'empty' }
  | { readonly kind: 'damaged'; readonly reason: string; readonly end: number | undefined };

function parseRecord(bytes: Buffer, start: number, end: number): Omit<Frame, 'barrier' | 'end'> {
  const reader = new FieldReader(bytes, start, end);
  let type = 0;
  let crc = 0;
  let data: Uint8Array = bytes.subarray(end, end);
  while (reader.next()) {
    if (reader.field === 1) type = reader.number();
    else if (reader.field === 2) crc = reader.number();
    else if (reader.field === 3) data = reader.bytes();
    else reader.skip();
  }
  if (type < METADATA_RECORD || type > SNAPSHOT_RECORD || crc > 0xffffffff) {
    throw new MalformedMessageError(`unexpected record type ${type}`);
  }
  return { type: type as RecordType, crc, data };
}

/** Reads the frame at `at`; allocates nothing in proportion to what the length field claims. */
export function readFrame(bytes: Buffer, at: number): FrameOutcome {
  if (at === bytes.length) return { kind: 'empty' };
  if (bytes.length - at < LENGTH_FIELD_BYTES) {
    return { kind: 'damaged', reason: 'file ends inside a length field', end: undefined };
  }
  const low = bytes.readUInt32LE(at);
  const high = bytes.readUInt32LE(at + 4);
  if (low === 0 && high === 0) return { kind: 'empty' };
  const recordBytes = (high & 0x00ffffff) * 2 ** 32 + low;
  const padding = high >= PADDED ? (high >>> 24) & 7 : 0;
  const start = at + LENGTH_FIELD_BYTES;
  const end = start + recordBytes + padding;
  if (end > bytes.length) {
    return { kind: 'damaged', reason: 'record extends beyond the file', end: undefined };
  }
  if (recordBytes === 0 || padding !== paddingOf(recordBytes)) {
    return { kind: 'damaged', reason: 'impossible length field', end };
  }
  try {
    const record = parseRecord(bytes, start, start + recordBytes);
    return { kind: 'frame', ...record, barrier: (high & BARRIER) !== 0, end };
  } catch (error) {
    if (!(error instanceof MalformedMessageError)) throw error;
    return { kind: 'damaged', reason: error.message, end };
  }
}

import { crc32c } from '@etcd-ts/foundation';
import {
  type FrameOutcome,
  CRC_RECORD,
  LENGTH_FIELD_BYTES,
  readFrame,
  SECTOR_BYTES,
} from './frame.js';

/** A frame's fixed part before its data is at most this long: length field, type, crc, data length. */
const HEADER_BYTES = LENGTH_FIELD_BYTES + 2 + 6 + 6;
/** CRC-32C's polynomial, reflected (RFC 3720). */
const CRC_POLYNOMIAL = 0x82f63b78;
const ZEROS = Buffer.alloc(64 * 1024);

/**
 * Decides what stands at `at`, where the chain of the last segment breaks: the remains of a write
 * that a crash cut short (never acknowledged: may be removed), or damage to acknowledged records
 * (must never be removed). A torn write leaves a whole sector as it was, zeros, or is cut off by
 * the end of the file. That alone is etcd's rule, and it is not enough: a flipped bit in a record
 * that happens to hold a sector of zeros, or in a length field, looks the same. So a tear is
 * believed only when no single flipped bit explains the damage and no later batch follows.
 *
 * Where the flipped bit would be the only one of a sector, either may have happened, and the tear is
 * believed: a record that ends with one byte in a new sector, as a commit index of 4 does, is often
 * torn so, and a member that lost power must start; a flip hits that one bit hardly ever.
 *
 * @returns why it is damage, or undefined when it is a torn write.
 */
export function damageNotTorn(segment: Buffer, at: number, crc: number): string | undefined {
  const outcome = readFrame(segment, at);
  if (!looksTorn(segment, at, outcome)) return 'checksum mismatch or malformed record';
  if (oneFlippedBitExplains(segment, at, crc)) return 'a flipped bit in a complete record';
  const later = barrierAfter(segment, at);
  if (later !== undefined) return `damaged before a later batch at offset ${later}`;
  return undefined;
}

function looksTorn(segment: Buffer, at: number, outcome: FrameOutcome): boolean {
  if (outcome.kind === 'empty') return isZero(segment, at, sectorEnd(segment, at));
  if (outcome.kind === 'damaged' && outcome.end === undefined) return true;
  const end = outcome.end ?? segment.length;
  for (let start = at + LENGTH_FIELD_BYTES; start < end; start = sectorEnd(segment, start)) {
    if (isLost(segment, start)) return true;
  }
  return false;
}

/** A lost sector is lost as a whole, so it is zero up to its end and not only up to the record's. */
function isLost(segment: Buffer, start: number): boolean {
  return isZero(segment, start, sectorEnd(segment, start));
}

/** Whether the sector of `byte`, in a record at `at`, may never have been written. */
function isInLostSector(segment: Buffer, at: number, byte: number): boolean {
  const start = byte - (byte % SECTOR_BYTES);
  return start > at && isLost(segment, start);
}

function sectorEnd(segment: Buffer, at: number): number {
  return Math.min(segment.length, (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES);
}

/** In blocks, by memcmp: the preallocated rest of a segment is 64 MB, read twice at every start. */
export function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += ZEROS.length) {
    const length = Math.min(ZEROS.length, end - at);
    if (ZEROS.compare(bytes, at, at + length, 0, length) !== 0) return false;
  }
  return true;
}

function completes(segment: Buffer, at: number, crc: number): boolean {
  const outcome = readFrame(segment, at);
  return (
    outcome.kind === 'frame' &&
    outcome.type !== CRC_RECORD &&
    crc32c(outcome.data, crc) === outcome.crc
  );
}

function oneFlippedBitExplains(segment: Buffer, at: number, crc: number): boolean {
  const byte = flippedByte(segment, at, crc);
  return byte !== undefined && !isInLostSector(segment, at, byte);
}

/** The offset of the byte that one flipped bit would make right, with everything that follows from it. */
function flippedByte(segment: Buffer, at: number, crc: number): number | undefined {
  const outcome = readFrame(segment, at);
  if (outcome.kind === 'frame' && outcome.type !== CRC_RECORD) {
    const { data } = outcome;
    const syndrome = (crc32c(data, crc) ^ outcome.crc) >>> 0;
    const bitsAfter = singleFlippedBit(syndrome, data.length * 8);
    const end = data.byteOffset - segment.byteOffset + data.length;
    if (bitsAfter !== undefined) return end - 1 - Math.floor(bitsAfter / 8);
  }
  const header = Buffer.from(segment.subarray(at, at + HEADER_BYTES));
  try {
    for (let bit = 0; bit < header.length * 8; bit++) {
      const byte = at + (bit >> 3);
      const original = header[bit >> 3] as number;
      segment[byte] = original ^ (1 << (bit & 7));
      if (completes(segment, at, crc)) return byte;
      segment[byte] = original;
    }
    return undefined;
  } finally {
    header.copy(segment, at);
  }
}

/**
 * A CRC is linear: one flipped bit with t bits after it changes the sum by x^(32+t) modulo the
 * polynomial, whatever the data is. So walking those powers finds it without trying each bit.
 */
function singleFlippedBit(syndrome: number, dataBits: number): number | undefined {
  let power = 1;
  for (let t = 0; t < dataBits; t++) {
    power = power & 1 ? (power >>> 1) ^ CRC_POLYNOMIAL : power >>> 1;
    if (power >>> 0 === syndrome) return t;
  }
  return undefined;
}

/** The offset of a well-formed record that begins a batch written after `at` was durable. */
function barrierAfter(segment: Buffer, at: number): number | undefined {
  const last = segment.length - LENGTH_FIELD_BYTES;
  for (let i = at + LENGTH_FIELD_BYTES; i <= last; i += LENGTH_FIELD_BYTES) {
    // The barrier bit sits in the top byte of the length field; most of a segment is zeros.
    if (((segment[i + 7] as number) & 0x40) === 0) continue;
    const outcome = readFrame(segment, i);
    if (outcome.kind === 'frame' && outcome.barrier) return i;
  }
  return undefined;
}

import { compiledCrc32c, INPUT_AT } from './compiled-crc32c.js';

/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes a step with eight tables: etcd's WAL
 * chain, snapshot files and HashKV all use it, so it stands on the hottest path of a write.
 */
const POLYNOMIAL = 0x82f63b78;

function buildTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc >>> 0;
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256] as number;
    tables[i] = (previous >>> 8) ^ (tables[previous & 0xff] as number);
  }
  return tables;
}

const TABLES = buildTables();

// In range by the loop bounds below; V8 inlines both, so the casts cost nothing.
const table = (index: number): number => TABLES[index] as number;
const byteAt = (bytes: Uint8Array, index: number): number => bytes[index] as number;

const COMPILED = compiledCrc32c(TABLES);
/** For less, copying and calling cost more than they save. */
const MIN_COMPILED_BYTES = 64;

/**
 * The checksum of `bytes[start, end)` continued from `crc` (0 to begin). Unsigned 32 bits.
 * Continuing is associative: crc32c(b, crc32c(a)) equals crc32c(a + b).
 */
export function crc32c(bytes: Uint8Array, crc = 0, start = 0, end: number = bytes.length): number {
  if (end - start < MIN_COMPILED_BYTES || COMPILED === undefined) {
    return interpretedCrc32c(bytes, crc, start, end);
  }
  const { memory } = COMPILED;
  const room = memory.length - INPUT_AT;
  let c = crc;
  for (let from = start; from < end; from += room) {
    const length = Math.min(room, end - from);
    // To make a view costs twice what copying does.
    memory.set(length === bytes.length ? bytes : bytes.subarray(from, from + length), INPUT_AT);
    c = COMPILED.crc32c(INPUT_AT, INPUT_AT + length, c);
  }
  return c >>> 0;
}

/** The same without WebAssembly. */
export function interpretedCrc32c(
  bytes: Uint8Array,
  crc: number,
  start: number,
  end: number,
): number {
  let c = ~crc;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    c ^=
      byteAt(bytes, i) |
      (byteAt(bytes, i + 1) << 8) |
      (byteAt(bytes, i + 2) << 16) |
      (byteAt(bytes, i + 3) << 24);
    c =
      table(0x700 + (c & 0xff)) ^
      table(0x600 + ((c >>> 8) & 0xff)) ^
      table(0x500 + ((c >>> 16) & 0xff)) ^
      table(0x400 + (c >>> 24)) ^
      table(0x300 + byteAt(bytes, i + 4)) ^
      table(0x200 + byteAt(bytes, i + 5)) ^
      table(0x100 + byteAt(bytes, i + 6)) ^
      table(byteAt(bytes, i + 7));
  }
  for (; i < end; i++) c = (c >>> 8) ^ table((c ^ byteAt(bytes, i)) & 0xff);
  return ~c >>> 0;
}

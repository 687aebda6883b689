/**
 * Varints of protobuf: seven bits a byte, the lowest first, the high bit set in all but the last.
 * Numbers are safe integers from zero; a uint64 that may be larger is a bigint.
 */
const LARGEST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER);

/** 1..8 bytes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** 1..10 bytes. */
export function varintSize64(value: bigint): number {
  if (value <= LARGEST_NUMBER) return varintSize(Number(value));
  return 7 + varintSize(Number(value >> 49n));
}

/** Returns where it ends. */
export function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  // Bit operations are 32 bits wide: the high part of a large number needs the division.
  while (rest >= 0x80000000) {
    out[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[at++] = rest;
  return at;
}

/** Returns where it ends. */
export function writeVarint64(out: Uint8Array, start: number, value: bigint): number {
  let at = start;
  let rest = value;
  for (; rest > LARGEST_NUMBER; rest >>= 7n) out[at++] = Number(rest & 0x7fn) | 0x80;
  return writeVarint(out, at, Number(rest));
}

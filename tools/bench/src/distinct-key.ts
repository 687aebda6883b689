/** An odd constant spreads indexes over all 32-bit numbers, each once: keys in no order. */
const SPREAD = 2_654_435_761;
export const KEY_PREFIX = 'bench/';

/** Another one of all 32-bit numbers for each. */
export function spreadIndex(index: number): number {
  return Math.imul(index, SPREAD) >>> 0;
}

/** The i-th of 2^32 different keys, `bytes` long, all under KEY_PREFIX. */
export function distinctKey(index: number, bytes: number): Buffer {
  const spread = spreadIndex(index);
  return Buffer.from(`${KEY_PREFIX}${spread.toString(16).padStart(8, '0')}/`.padEnd(bytes, 'k'));
}

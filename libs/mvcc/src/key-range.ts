import { toBinaryString } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';

/** Keys from `from` (inclusive) to `end` (exclusive; undefined: to the last key). */
export interface KeyRange {
  readonly from: BinaryString;
  readonly end: BinaryString | undefined;
}

/** As requests have it: no end is the one key, a single zero byte is no end at all. */
export function keyRange(key: Uint8Array, rangeEnd: Uint8Array): KeyRange {
  const from = toBinaryString(key);
  // The smallest key greater than `from`: nothing lies between the two.
  if (rangeEnd.length === 0) return { from, end: `${from}\0` };
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return { from, end: undefined };
  return { from, end: toBinaryString(rangeEnd) };
}

import { assert, toBinaryString } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';

/** Greater than every key: a character no byte has. */
export const OPEN_END: BinaryString = '\u0100';

/** begin <= key < end, in byte order. */
export interface KeyInterval {
  readonly begin: BinaryString;
  readonly end: BinaryString;
}

/** The range of an etcd request as an interval; undefined when it is the single `key`. */
export function intervalOf(key: Uint8Array, rangeEnd: Uint8Array): KeyInterval | undefined {
  if (rangeEnd.length === 0) return undefined;
  const begin = toBinaryString(key);
  const open = rangeEnd.length === 1 && rangeEnd[0] === 0;
  const end = open ? OPEN_END : toBinaryString(rangeEnd);
  assert(begin < end, 'an empty range must be refused before it gets here');
  return { begin, end };
}

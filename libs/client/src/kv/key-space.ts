import { asBuffer, prefixEnd } from '@etcd-ts/foundation';
import type { KeyValue } from '@etcd-ts/wire-protocol';
import type { KeyRange } from './key-range.js';

/** What a client calls a key, and what the cluster does. */
export interface KeySpace {
  readonly prefix: Buffer;
  outward(range: KeyRange): KeyRange;
  inward(key: Buffer): Buffer;
}

/** The whole cluster. */
export const WHOLE_KEY_SPACE: KeySpace = {
  prefix: Buffer.alloc(0),
  outward: (range) => range,
  inward: (key) => key,
};

/** Keys below a prefix, which callers neither write nor see. */
export class Namespace implements KeySpace {
  readonly prefix: Buffer;

  constructor(prefix: Buffer) {
    this.prefix = prefix;
  }

  outward({ key, rangeEnd }: KeyRange): KeyRange {
    const isOpen = isZeroByte(rangeEnd);
    // "From the zero byte on" is how all keys are written: the prefix itself is one of them here.
    const first = isOpen && isZeroByte(key) ? this.prefix : Buffer.concat([this.prefix, key]);
    if (rangeEnd.length === 0) return { key: first, rangeEnd };
    // Open ended for the caller, but never beyond the namespace.
    const end = isOpen ? asBuffer(prefixEnd(this.prefix)) : Buffer.concat([this.prefix, rangeEnd]);
    return { key: first, rangeEnd: end };
  }

  inward(key: Buffer): Buffer {
    return key.subarray(this.prefix.length);
  }
}

export function inwardKeyValue<Pair extends KeyValue | undefined>(
  space: KeySpace,
  pair: Pair,
): Pair {
  return pair === undefined ? pair : { ...pair, key: space.inward(pair.key) };
}

function isZeroByte(bytes: Buffer): boolean {
  return bytes.length === 1 && bytes[0] === 0;
}

import { asBuffer, prefixEnd } from '@etcd-ts/foundation';

/** Text is UTF-8. */
export type Bytes = string | Uint8Array;

/** Keys from `key` on, below `rangeEnd`, as on the wire (etcdserverpb.RangeRequest). */
export interface KeyRange {
  readonly key: Buffer;
  /** Empty: the one key. A single zero byte: no upper end. */
  readonly rangeEnd: Buffer;
}

/** One key, or one of the ranges below. */
export type Keys = Bytes | KeyRange;

const NO_END = Buffer.alloc(0);
const OPEN_END = Buffer.of(0);

export function toBuffer(bytes: Bytes): Buffer {
  return typeof bytes === 'string' ? Buffer.from(bytes) : asBuffer(bytes);
}

export function toKeyRange(keys: Keys): KeyRange {
  if (typeof keys === 'string' || keys instanceof Uint8Array) {
    return { key: toBuffer(keys), rangeEnd: NO_END };
  }
  return keys;
}

/** Every key that begins with it; all keys for an empty one. */
export function prefix(start: Bytes): KeyRange {
  const key = toBuffer(start);
  if (key.length === 0) return allKeys();
  return { key, rangeEnd: asBuffer(prefixEnd(key)) };
}

/** The key and every one after it, in byte order. */
export function from(start: Bytes): KeyRange {
  const key = toBuffer(start);
  return { key: key.length === 0 ? OPEN_END : key, rangeEnd: OPEN_END };
}

/** `end` is not in it. */
export function between(start: Bytes, end: Bytes): KeyRange {
  return { key: toBuffer(start), rangeEnd: toBuffer(end) };
}

export function allKeys(): KeyRange {
  return { key: OPEN_END, rangeEnd: OPEN_END };
}

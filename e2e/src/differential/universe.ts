import { prefixEnd, type Rng } from '@etcd-ts/foundation';

/**
 * Few keys, so that histories collide; with empty bytes, high bytes and prefixes of each other. No
 * more than twelve: Go sorts so many by insertion, which is stable. With more, keys that compare
 * equal come in an order that is nobody's promise.
 */
const KEYS: readonly Buffer[] = [
  ...['a', 'aa', 'ab', 'b', 'b/1', 'b/2', 'key with space', 'zz'].map((k) => Buffer.from(k)),
  Buffer.of(0x00),
  Buffer.of(0x00, 0x00),
  Buffer.of(0x62, 0x00),
  Buffer.of(0xff),
];
const OPEN_END = Buffer.of(0);
const NO_BYTES = Buffer.alloc(0);

export interface KeyRange {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
}

export function pick<T>(rng: Rng, choices: readonly T[]): T {
  const choice = choices[rng.below(choices.length)];
  if (choice === undefined) throw new Error('nothing to pick from');
  return choice;
}

export function chance(rng: Rng, probability: number): boolean {
  return rng.next() < probability;
}

export function anyKey(rng: Rng): Buffer {
  return pick(rng, KEYS);
}

/** One key, an interval (also an empty or reversed one), a prefix, from a key on, or everything. */
export function anyRange(rng: Rng): KeyRange {
  const key = anyKey(rng);
  switch (rng.below(7)) {
    case 0:
    case 1:
      return { key, rangeEnd: NO_BYTES };
    case 2:
      return { key, rangeEnd: anyKey(rng) };
    case 3:
      return { key, rangeEnd: Buffer.from(prefixEnd(key)) };
    case 4:
      return { key, rangeEnd: OPEN_END };
    case 5:
      return { key: Buffer.from('b'), rangeEnd: Buffer.from('c') };
    default:
      return { key: OPEN_END, rangeEnd: OPEN_END };
  }
}

const LARGE_VALUE_BYTES = 20_000;

export function anyValue(rng: Rng): Buffer {
  const length = chance(rng, 0.01) ? LARGE_VALUE_BYTES : rng.below(24);
  const value = Buffer.alloc(length);
  for (let i = 0; i < length; i++) value[i] = rng.below(256);
  return value;
}

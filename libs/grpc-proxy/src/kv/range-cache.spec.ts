import type { RangeResponse } from '@etcd-ts/wire-protocol';
import { cachedKeys, RangeCache } from './range-cache.js';
import type { CachedKeys } from './range-cache.js';

const keys = (key: string, rangeEnd = ''): CachedKeys =>
  cachedKeys({ key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) });

const answer = (value = 'v'): RangeResponse => ({
  header: undefined,
  kvs: [
    {
      key: Buffer.from('k'),
      value: Buffer.from(value),
      createRevision: 1n,
      modRevision: 1n,
      version: 1n,
      lease: 0n,
    },
  ],
  more: false,
  count: 1n,
});

function scene(): { cache: RangeCache; pass: (ms: number) => void } {
  let nowMs = 0;
  const clock = { wallMs: () => 0, monotonicMs: () => nowMs };
  return { cache: new RangeCache(clock), pass: (ms) => (nowMs += ms) };
}

describe('answers that are kept', () => {
  it.each([
    [keys('b'), keys('b'), true],
    [keys('b'), keys('a'), false],
    [keys('b'), keys('a', 'c'), true],
    [keys('b'), keys('a', 'b'), false],
    [keys('b'), keys('a', '\0'), true],
    [keys('a', 'c'), keys('b'), true],
    [keys('a', 'c'), keys('c'), false],
    [keys('b', '\0'), keys('a'), false],
    [keys('b', '\0'), keys('\u00ff'), true],
    [keys('a', 'c'), keys('b', 'd'), true],
    [keys('a', 'b'), keys('b', 'd'), false],
  ])('of %j are forgotten when %j is written: %s', (kept, written, isForgotten) => {
    const { cache } = scene();
    cache.add('id', kept, answer(), cache.stamp());
    cache.invalidate(written);
    expect(cache.get('id') === undefined).toBe(isForgotten);
  });

  it('do not include one whose keys were written while it was under way', () => {
    const { cache } = scene();
    const stamp = cache.stamp();
    cache.invalidate(keys('x'));
    cache.add('other', keys('a'), answer(), stamp);
    cache.add('same', keys('x'), answer(), stamp);
    expect([cache.get('other') !== undefined, cache.get('same')]).toEqual([true, undefined]);
    for (let i = 0; i < 1000; i++) cache.invalidate(keys('y'));
    cache.add('long', keys('a'), answer(), stamp);
    expect(cache.get('long')).toBeUndefined();
  });

  it('are old after a second', () => {
    const { cache, pass } = scene();
    cache.add('id', keys('a'), answer(), cache.stamp());
    pass(1_000);
    expect(cache.get('id')).toBeDefined();
    pass(1);
    expect(cache.get('id')).toBeUndefined();
  });

  it('are limited in number and in size; what is not used goes first', () => {
    const { cache } = scene();
    for (let i = 0; i < 2048; i++) cache.add(`id${i}`, keys('a'), answer(), cache.stamp());
    expect(cache.get('id0')).toBeDefined();
    cache.add('one more', keys('a'), answer(), cache.stamp());
    expect([cache.size, cache.get('id0') !== undefined, cache.get('id1')]).toEqual([
      2048,
      true,
      undefined,
    ]);
    cache.add('large', keys('a'), answer('x'.repeat(300_000)), cache.stamp());
    expect(cache.get('large')).toBeUndefined();
  });
});

import { NO_LEASE, Revision } from '@etcd-ts/foundation';
import type { KeyValue } from './key-value.js';
import { RowCache } from './row-cache.js';

const row = (main: number, valueBytes = 100): KeyValue => ({
  key: Buffer.from(`key ${main}`),
  value: Buffer.alloc(valueBytes),
  createRevision: Revision(main),
  modRevision: Revision(main),
  version: 1,
  lease: NO_LEASE,
});

describe('rows read lately', () => {
  it('are found again, and others are not', () => {
    const cache = new RowCache();
    cache.add(5, row(5));
    expect(cache.get(5)).toEqual(row(5));
    expect(cache.get(6)).toBeUndefined();
  });

  it('stay within their space, and those asked for again and again stay longest', () => {
    const cache = new RowCache(64 * 1024);
    const hot = row(1);
    cache.add(1, hot);
    for (let main = 2; main < 5_000; main++) {
      cache.add(main, row(main));
      expect(cache.get(1)).toBe(hot);
    }
    let kept = 0;
    for (let main = 2; main < 5_000; main++) if (cache.get(main) !== undefined) kept++;
    expect(kept).toBeGreaterThan(10);
    expect(kept * 356).toBeLessThan(64 * 1024);
  });

  it('do not include large ones', () => {
    const cache = new RowCache();
    cache.add(5, row(5, 100_000));
    expect(cache.get(5)).toBeUndefined();
  });
});

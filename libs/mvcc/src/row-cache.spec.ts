import { RowCache } from './row-cache.js';

const ROW_BYTES = 110;
const row = (main: number, length = ROW_BYTES): Buffer => Buffer.alloc(length, `row ${main} `);

describe('rows read lately', () => {
  it('are found again, and others are not', () => {
    const cache = new RowCache();
    expect(cache.add(5, row(5))).toEqual(row(5));
    expect(cache.get(5)).toEqual(row(5));
    expect(cache.get(6)).toBeUndefined();
  });

  it('stay within their space, and those asked for again and again stay longest', () => {
    const space = 512 * 1024;
    const cache = new RowCache(space);
    cache.add(1, row(1));
    for (let main = 2; main < 20_000; main++) {
      cache.add(main, row(main));
      if (Buffer.compare(cache.get(1) ?? row(0), row(1)) !== 0) throw new Error(`lost at ${main}`);
    }
    let kept = 0;
    for (let main = 2; main < 20_000; main++) {
      const found = cache.get(main);
      if (found === undefined) continue;
      kept++;
      expect(Buffer.compare(found, row(main))).toBe(0);
    }
    expect(kept).toBeGreaterThan(100);
    expect(kept * ROW_BYTES).toBeLessThan(space);
  });

  it('are copies that keep no memory of who wrote them, and share it among themselves', () => {
    const cache = new RowCache();
    const memory = Buffer.alloc(1024 * 1024, 'x');
    const first = cache.add(1, memory.subarray(0, 100));
    const second = cache.add(2, memory.subarray(100, 300));
    memory.fill('y');
    expect(Buffer.from(first).toString()).toBe('x'.repeat(100));
    expect(Buffer.from(second).toString()).toBe('x'.repeat(200));
    expect(first.buffer).toBe(second.buffer);
    expect(first.buffer.byteLength).toBeLessThan(memory.length);
  });

  it('do not include large ones', () => {
    const cache = new RowCache();
    const large = row(5, 100_000);
    expect(cache.add(5, large)).toBe(large);
    expect(cache.get(5)).toBeUndefined();
  });

  it('of every size lie beside each other without touching', () => {
    const cache = new RowCache();
    const sizes = [0, 1, 32 * 1024, 7, 32 * 1024, 32 * 1024 - 3, 5, 32 * 1024 + 1, 9];
    sizes.forEach((size, main) => cache.add(main, row(main, size)));
    sizes.forEach((size, main) => {
      const found = cache.get(main);
      if (size > 32 * 1024) expect(found).toBeUndefined();
      else expect(Buffer.compare(found ?? Buffer.of(0xff), row(main, size))).toBe(0);
    });
  });
});

import { isZero } from './torn-tail.js';

describe('the search for what is not zero', () => {
  it('finds a single byte anywhere, and none outside its bounds', () => {
    const bytes = Buffer.alloc(200_000);
    expect(isZero(bytes, 0, bytes.length)).toBe(true);
    for (const at of [0, 1, 511, 65_535, 65_536, 131_071, 131_072, 199_999]) {
      bytes[at] = 1;
      expect(isZero(bytes, 0, bytes.length)).toBe(false);
      expect(isZero(bytes, at, at + 1)).toBe(false);
      expect(isZero(bytes, at + 1, bytes.length)).toBe(true);
      expect(isZero(bytes, 0, at)).toBe(true);
      bytes[at] = 0;
    }
  });
});

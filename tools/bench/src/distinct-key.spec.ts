import { distinctKey } from './distinct-key.js';

describe('distinct keys', () => {
  it('are of the length asked for, all different, and not in order', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => distinctKey(i, 64).toString());
    expect(new Set(keys.map(({ length }) => length))).toEqual(new Set([64]));
    expect(new Set(keys).size).toBe(50_000);
    expect(keys.slice(0, 100)).not.toEqual(keys.slice(0, 100).sort());
  });
});

import { parseOptions } from './options.js';

describe('the command line', () => {
  it('selects groups and sizes; what is not said is as large as the targets are', () => {
    const { only, sizes, write } = parseOptions([
      '--only',
      'put,growth',
      '--keys',
      '5000',
      '--write',
    ]);
    expect(only).toEqual(['put', 'growth']);
    expect(write).toBe(true);
    expect([sizes.keys, sizes.watchers, sizes.rounds]).toEqual([5000, 100_000, 3]);
  });

  it('makes all sizes small at once, but for those that are given', () => {
    const { sizes } = parseOptions(['--quick', '--watchers', '77']);
    expect([sizes.rounds, sizes.watchers]).toEqual([1, 77]);
    expect(sizes.keys).toBeLessThan(100_000);
  });

  it('refuses what is no size, and what it does not know', () => {
    expect(() => parseOptions(['--keys', '0'])).toThrow('no size');
    expect(() => parseOptions(['--seconds', 'long'])).toThrow('no size');
    expect(() => parseOptions(['--fast'])).toThrow();
  });
});

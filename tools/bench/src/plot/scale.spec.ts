import { LogScale, short } from './scale.js';

describe('a logarithmic axis', () => {
  it('gives each decade the same length, from its first pixel to its last', () => {
    const scale = new LogScale([10, 100_000], 0, 400);
    const places = [10, 100, 1_000, 10_000, 100_000].map((value) => scale.at(value));
    expect(places.map((place) => Number(place.toFixed(6)))).toEqual([0, 100, 200, 300, 400]);
  });

  it('reaches to round numbers, so that no value lies outside', () => {
    const scale = new LogScale([3.1, 47], 200, 0);
    expect([scale.least, scale.most]).toEqual([2, 50]);
    for (const value of [3.1, 47]) {
      expect(scale.at(value)).toBeGreaterThanOrEqual(0);
      expect(scale.at(value)).toBeLessThanOrEqual(200);
    }
    expect(scale.ticks()).toEqual([2, 5, 10, 20, 50]);
  });

  it('names powers of ten alone when there are many decades', () => {
    expect(new LogScale([0.02, 900], 0, 1).ticks()).toEqual([0.1, 1, 10, 100, 1000]);
  });

  it('of one value has room around it', () => {
    const scale = new LogScale([1000], 0, 100);
    expect(scale.at(1000)).toBeCloseTo(50);
  });

  it('writes numbers short', () => {
    expect([0.05, 20, 1_500, 1_000_000].map(short)).toEqual(['0.05', '20', '1.5k', '1M']);
  });
});

import { latencyOf, percentile, ratios, spread } from './statistics.js';

describe('statistics of a few rounds', () => {
  it('show the extremes', () => {
    expect(spread([2.25, 1.5, 3], 1)).toBe('1.5-3.0');
  });

  it('compare each round with itself, and leave out one that only one server had', () => {
    expect(ratios([4, 9, 5], [2, 3])).toEqual([2, 3]);
  });
});

describe('percentiles', () => {
  it('are values that occurred, the least that so many do not exceed', () => {
    const thousand = Array.from({ length: 1000 }, (_, i) => i + 1);
    expect(percentile(thousand, 0.5)).toBe(500);
    expect(percentile(thousand, 0.99)).toBe(990);
    expect(percentile(thousand, 0.999)).toBe(999);
    expect(percentile(thousand, 1)).toBe(1000);
  });

  it('of few values are the largest of them, of none no number', () => {
    expect(percentile([7], 0.001)).toBe(7);
    expect(percentile([1, 2, 3], 0.999)).toBe(3);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('of latencies do not depend on the order in which answers came', () => {
    expect(latencyOf([30, 4, 100])).toEqual({ p50Ms: 30, p99Ms: 100, p999Ms: 100 });
  });
});

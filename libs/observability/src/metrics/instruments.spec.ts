import { SeededRng } from '@etcd-ts/foundation';
import { DEFAULT_BUCKETS, exponentialBuckets, formatBound } from './buckets.js';
import { Family, MAX_SERIES_PER_FAMILY } from './family.js';
import { Counter, Histogram } from './instruments.js';

describe('a histogram', () => {
  it('counts like a comparison with every bound, which is inclusive', () => {
    const rng = new SeededRng(7);
    const bounds = exponentialBuckets(0.001, 2, 14);
    const histogram = new Histogram(bounds);
    const values: number[] = [...bounds, 0, -1, 1e9];
    for (let i = 0; i < 500; i++) values.push(rng.next() ** 4 * 10);
    for (const value of values) histogram.observe(value);
    const below = (bound: number): number => values.filter((value) => value <= bound).length;
    expect(histogram.cumulated()).toEqual([...bounds.map(below), values.length]);
    expect(histogram.count).toBe(values.length);
    expect(histogram.sum).toBeCloseTo(values.reduce((a, b) => a + b));
  });
});

describe('bounds', () => {
  it('double from their start', () => {
    expect(exponentialBuckets(1, 2, 4)).toEqual([1, 2, 4, 8]);
    expect(exponentialBuckets(0.0001, 2, 20).at(-1)).toBeCloseTo(52.4288);
  });

  it('are spelled as the Go client spells them', () => {
    expect(DEFAULT_BUCKETS.map(formatBound).slice(0, 3)).toEqual(['0.005', '0.01', '0.025']);
    expect([524288, 1048576, 8388608, 1e21, 0.0001, 0.00005, Infinity].map(formatBound)).toEqual([
      '524288',
      '1.048576e+06',
      '8.388608e+06',
      '1e+21',
      '0.0001',
      '5e-05',
      '+Inf',
    ]);
  });
});

describe('a family', () => {
  const family = (): Family<Counter> => new Family(['type', 'version'], () => new Counter());

  it('has one instrument for each combination of values', () => {
    const counters = family();
    counters.with('unary', '3.7').inc();
    counters.with('unary', '3.7').inc(2);
    counters.with('stream', '3.7').inc();
    expect(
      [...counters.series()].map(({ labels, instrument }) => [labels, instrument.value]),
    ).toEqual([
      [{ type: 'unary', version: '3.7' }, 3],
      [{ type: 'stream', version: '3.7' }, 1],
    ]);
  });

  it('does not grow without limit when a client invents values', () => {
    const counters = family();
    for (let i = 0; i < MAX_SERIES_PER_FAMILY + 100; i++) counters.with('unary', `x${i}`).inc();
    const series = [...counters.series()];
    expect(series).toHaveLength(MAX_SERIES_PER_FAMILY + 1);
    expect(series.at(-1)).toMatchObject({ labels: { type: 'other', version: 'other' } });
    expect(series.at(-1)?.instrument.value).toBe(100);
  });

  it('can have one series only', () => {
    const counters = family();
    counters.with('a', 'b').inc();
    counters.only('c', 'd').inc();
    expect([...counters.series()].map(({ labels }) => labels)).toEqual([
      { type: 'c', version: 'd' },
    ]);
    counters.remove('c', 'd');
    expect([...counters.series()]).toEqual([]);
  });
});

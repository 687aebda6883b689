import fc from 'fast-check';
import { END_OF_KEYS, IntervalSet } from './interval-set.js';
import type { Interval } from './interval-set.js';

/** Keys that are neighbours in every way keys can be: prefixes, successors, the largest bytes. */
const LETTERS = ['\0', 'a', 'b', '\xff'];
const KEYS = ['', ...LETTERS, ...LETTERS.flatMap((a) => LETTERS.map((b) => a + b))];
const BOUNDS = [...KEYS, ...KEYS.map((key) => `${key}\0`)];

const key = fc.constantFrom(...BOUNDS);
const interval: fc.Arbitrary<Interval> = fc.record({
  begin: key,
  end: fc.oneof(key, fc.constant(END_OF_KEYS)),
});

const holds = ({ begin, end }: Interval, at: string): boolean => begin <= at && at < end;

describe('a set of intervals', () => {
  it('has the keys that any of its intervals has', () => {
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), key, (intervals, at) => {
        const naive = intervals.some((one) => holds(one, at));
        expect(new IntervalSet(intervals).has(at)).toBe(naive);
      }),
      { numRuns: 3_000 },
    );
  });

  // Where the covered part ends is always one of BOUNDS, so looking at those keys is looking at all.
  it('covers an interval if it has every single key of it', () => {
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), interval, (intervals, asked) => {
        fc.pre(asked.begin < asked.end);
        const inside = BOUNDS.filter((at) => holds(asked, at));
        const naive = inside.every((at) => intervals.some((one) => holds(one, at)));
        expect(new IntervalSet(intervals).covers(asked)).toBe(naive);
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes an interval without keys for its begin', () => {
    const set = new IntervalSet([{ begin: 'b', end: 'd' }]);
    expect(set.covers({ begin: 'c', end: 'a' })).toBe(true);
    expect(set.covers({ begin: 'd', end: 'a' })).toBe(false);
  });

  it('is the same whatever the order of its intervals, sorted and without neighbours', () => {
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), (intervals) => {
        const merged = [...new IntervalSet(intervals)];
        expect([...new IntervalSet([...intervals].reverse())]).toEqual(merged);
        for (const [at, { begin, end }] of merged.entries()) {
          expect(begin < end).toBe(true);
          const next = merged[at + 1];
          if (next !== undefined) expect(end < next.begin).toBe(true);
        }
      }),
    );
  });
});

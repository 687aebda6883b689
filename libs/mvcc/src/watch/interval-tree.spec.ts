import { SeededRng } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { IntervalTree } from './interval-tree.js';
import { OPEN_END } from './key-interval.js';
import type { KeyInterval } from './key-interval.js';

const key = fc
  .array(fc.constantFrom('\0', 'a', 'b', '\xff'), { minLength: 1, maxLength: 3 })
  .map((letters) => letters.join(''));
const interval: fc.Arbitrary<KeyInterval> = fc
  .tuple(key, fc.option(key, { nil: OPEN_END }))
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => (a < b ? { begin: a, end: b } : { begin: b, end: a }));
const change = fc.record({ add: fc.boolean(), interval, value: fc.nat(3) });

function scan(model: Map<string, KeyInterval & { value: number }>, at: string): number[] {
  return [...model.values()]
    .filter(({ begin, end }) => begin <= at && at < end)
    .map(({ value }) => value)
    .sort();
}

describe('IntervalTree', () => {
  test('finds what a scan over all intervals finds', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), fc.array(key), (changes, keys) => {
        const tree = new IntervalTree<number>();
        const model = new Map<string, KeyInterval & { value: number }>();
        for (const { add, interval: range, value } of changes) {
          const name = JSON.stringify([range, value]);
          if (add) {
            tree.add(range, value);
            model.set(name, { ...range, value });
          } else {
            expect(tree.remove(range, value)).toBe(model.delete(name));
          }
        }
        for (const at of keys) {
          const found: number[] = [];
          tree.collect(at, found);
          expect(found.sort()).toEqual(scan(model, at));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('stays balanced while it grows in order and shrinks at random', () => {
    const tree = new IntervalTree<number>();
    const rng = new SeededRng(7);
    const left: KeyInterval[] = [];
    for (let i = 0; i < 4096; i++) {
      const begin = String(i).padStart(5, '0');
      const range = { begin, end: rng.below(2) === 0 ? `${begin}~` : OPEN_END };
      tree.add(range, i);
      left.push(range);
      expect(tree.height).toBeLessThanOrEqual(1.45 * Math.log2(i + 3));
    }
    while (left.length > 0) {
      const at = rng.below(left.length);
      const range = left[at] as KeyInterval;
      left[at] = left[left.length - 1] as KeyInterval;
      left.pop();
      expect(tree.remove(range, Number(range.begin))).toBe(true);
      expect(tree.height).toBeLessThanOrEqual(1.45 * Math.log2(left.length + 3));
    }
    expect(tree.intervals).toBe(0);
  });

  test('an open end has no key beyond it', () => {
    const tree = new IntervalTree<string>();
    tree.add({ begin: 'a', end: OPEN_END }, 'open');
    const found: string[] = [];
    tree.collect('\xff\xff\xff\xff', found);
    tree.collect('A', found);
    expect(found).toEqual(['open']);
  });
});

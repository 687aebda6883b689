import { SeededRng } from '@etcd-ts/foundation';
import { anyBytes, mutateBytes } from './byte-mutation.js';
import { edgeInt64, edgeNumber, randomLength } from './random-value.js';
import { mutateJson } from './json-mutation.js';
import { anyText, mutateText } from './text-mutation.js';

const ROUNDS = 2_000;
const VALID = Buffer.from('a valid input of some length, with numbers: 1, 22, 333');

const many = <T>(make: (rng: SeededRng) => T, seed = 1): readonly T[] => {
  const rng = new SeededRng(seed);
  return Array.from({ length: ROUNDS }, () => make(rng));
};

describe('mutated bytes', () => {
  it('are the same for the same seed, and others for another', () => {
    const bytes = (seed: number) => many((rng) => mutateBytes(rng, VALID).toString('hex'), seed);
    expect(bytes(1)).toEqual(bytes(1));
    expect(bytes(1)).not.toEqual(bytes(2));
  });

  it('leave the input as it was, nothing in them being a part of it', () => {
    const input = Buffer.from(VALID);
    for (const mutated of many((rng) => mutateBytes(rng, input, [input]))) mutated.fill(0);
    expect(input).toEqual(VALID);
  });

  it('are hardly ever the input, of every length from none to longer, and bounded', () => {
    const mutated = many((rng) => mutateBytes(rng, VALID));
    expect(mutated.filter((bytes) => bytes.equals(VALID)).length).toBeLessThan(ROUNDS / 50);
    const lengths = mutated.map(({ length }) => length);
    expect(Math.min(...lengths)).toBe(0);
    expect(Math.max(...lengths)).toBeGreaterThan(2 * VALID.length);
    expect(Math.max(...lengths)).toBeLessThan(100 * VALID.length);
  });

  it('can be made of nothing, and contain parts of donors', () => {
    const donor = Buffer.alloc(30, 'donor');
    const mutated = many((rng) => mutateBytes(rng, Buffer.alloc(0), [donor]));
    expect(mutated.some((bytes) => bytes.includes('donordonor'))).toBe(true);
  });

  it('include the input itself and noise when anything is asked for', () => {
    const bytes = many((rng) => anyBytes(rng, VALID));
    expect(bytes.filter((each) => each.equals(VALID)).length).toBeGreaterThan(ROUNDS / 20);
  });
});

describe('mutated text', () => {
  const text = '{"key": 12, "list": [1, 2]}';

  it('is the same for the same seed, mostly another than the input, with words put in', () => {
    const make = (rng: SeededRng) => mutateText(rng, text, ['keyword']);
    const mutated = many(make);
    expect(mutated).toEqual(many(make));
    expect(mutated.filter((each) => each === text).length).toBeLessThan(ROUNDS / 10);
    expect(mutated.some((each) => each.includes('keyword'))).toBe(true);
    expect(Math.max(...mutated.map(({ length }) => length))).toBeLessThan(3_000);
  });

  it('is made of nothing too', () => {
    expect(many((rng) => anyText(rng, '')).some((each) => each.length > 0)).toBe(true);
  });
});

describe('numbers', () => {
  it('are at both edges of 32 and 64 bits, and small', () => {
    const numbers = new Set(many(edgeNumber));
    for (const each of [-1, 0, 1, 2 ** 31, 2 ** 31 - 1, -(2 ** 31), 2 ** 53, 2 ** 32 - 1]) {
      expect(numbers).toContain(each);
    }
    const wide = new Set(many(edgeInt64));
    for (const each of [-1n, 0n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n]) {
      expect(wide).toContain(each);
    }
    const lengths = new Set(many((rng) => randomLength(rng, 100)));
    for (const each of [0, 1, 99, 100]) expect(lengths).toContain(each);
    expect(Math.max(...lengths)).toBe(100);
  });
});

describe('mutated JSON', () => {
  const value = { name: 'a', list: [1, 2, { on: true }], nothing: null };

  it('is the same for the same seed, and leaves the value as it was', () => {
    const make = (rng: SeededRng) => JSON.stringify(mutateJson(rng, value));
    const mutated = many(make);
    expect(mutated).toEqual(many(make));
    expect(value).toEqual({ name: 'a', list: [1, 2, { on: true }], nothing: null });
    expect(new Set(mutated).size).toBeGreaterThan(ROUNDS / 10);
  });

  it('has fields with the names that every object has', () => {
    const mutated = many((rng) => mutateJson(rng, value));
    const own = mutated.filter((each) => Object.hasOwn(Object(each), '__proto__'));
    expect(own.length).toBeGreaterThan(0);
  });
});

import { SeededRng } from './rng.js';
import { varintSize, varintSize64, writeVarint, writeVarint64 } from './varint.js';

/** As the definition says it, bit by bit. */
function naive(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest /= 128n) bytes.push(Number(rest % 128n) + 128);
  return [...bytes, Number(rest)];
}

/** Around every power of two, where lengths and ways of computing change, and in between. */
function* values(bits: number): Generator<bigint> {
  const rng = new SeededRng(1);
  for (let bit = 0; bit <= bits; bit++) {
    const power = 2n ** BigInt(bit);
    yield power - 1n;
    if (bit === bits) return;
    yield power;
    for (let i = 0; i < 5; i++) yield power + BigInt(Math.floor(rng.next() * Number(power)));
  }
}

test('numbers of up to 53 bits are written as protobuf has them, in the size that was foretold', () => {
  const out = Buffer.alloc(16);
  for (const value of values(53)) {
    const expected = naive(value);
    expect(varintSize(Number(value))).toBe(expected.length);
    expect(writeVarint(out, 3, Number(value))).toBe(3 + expected.length);
    expect([...out.subarray(3, 3 + expected.length)]).toEqual(expected);
  }
});

test('so are all of 64 bits', () => {
  const out = Buffer.alloc(16);
  for (const value of values(64)) {
    const bounded = BigInt.asUintN(64, value);
    const expected = naive(bounded);
    expect(varintSize64(bounded)).toBe(expected.length);
    expect(writeVarint64(out, 1, bounded)).toBe(1 + expected.length);
    expect([...out.subarray(1, 1 + expected.length)]).toEqual(expected);
  }
});

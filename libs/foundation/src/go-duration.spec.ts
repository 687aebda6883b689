import fc from 'fast-check';
import { formatGoDuration, parseGoDuration } from './go-duration.js';

describe('a Go duration', () => {
  test.each([
    ['0', 0],
    ['1h15m', 4_500_000],
    ['1.5s', 1500],
    ['100ms', 100],
    ['.5s', 500],
    ['1.s', 1000],
    ['-2m', -120_000],
    ['+3s', 3000],
    ['7us', 0.007],
    ['7µs', 0.007],
    ['1ns', 0.000001],
    ['1h1m1s1ms', 3_661_001],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseGoDuration(text)).toEqual({ kind: 'ok', milliseconds });
  });

  test.each([
    ['', 'time: invalid duration ""'],
    ['-', 'time: invalid duration "-"'],
    ['x', 'time: invalid duration "x"'],
    ['.s', 'time: invalid duration ".s"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1.5.5s', 'time: missing unit in duration "1.5.5s"'],
    ['1d', 'time: unknown unit "d" in duration "1d"'],
    ['9999999h', 'time: invalid duration "9999999h"'],
    ['1constructor', 'time: unknown unit "constructor" in duration "1constructor"'],
  ])('%j: %s', (text, message) => {
    expect(parseGoDuration(text)).toEqual({ kind: 'error', message });
  });

  test('prints as Go prints it', () => {
    const printed = [0, 100, 1500, 60_000, 7_200_000, -4_500_000, 0.0015, 0.000007].map(
      formatGoDuration,
    );
    expect(printed).toEqual(['0s', '100ms', '1.5s', '1m0s', '2h0m0s', '-1h15m0s', '1.5µs', '7ns']);
  });

  test('survives printing and parsing', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (milliseconds) => {
        const outcome = parseGoDuration(formatGoDuration(milliseconds));
        expect(outcome).toEqual({ kind: 'ok', milliseconds });
      }),
    );
  });
});

describe('a Go duration of a command line', () => {
  it.each([
    ['1h15m', 4_500_000, '1h15m0s'],
    ['1.5s', 1500, '1.5s'],
    ['300ms', 300, '300ms'],
    ['2µs', 0.002, '2µs'],
    ['0', 0, '0s'],
    ['.5s', 500, '500ms'],
  ])('%s', (text, milliseconds, shown) => {
    expect(parseGoDuration(text)).toEqual({ kind: 'ok', milliseconds });
    expect(formatGoDuration(milliseconds)).toBe(shown);
  });

  it.each(['1d', '5constructor', '1toString', '1__proto__'])('%s has no unit', (text) => {
    expect(parseGoDuration(text)).toMatchObject({
      message: expect.stringContaining('unknown unit') as unknown,
    });
  });
});

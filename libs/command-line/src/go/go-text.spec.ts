import { formatDuration, parseDuration } from './duration.js';
import { parseInteger } from './integer.js';
import { quote } from './quote.js';

describe('%q', () => {
  it.each([
    ['plain', '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['\n\t\0\x7f', '"\\n\\t\\x00\\x7f"'],
    ['é漢😀', '"é漢😀"'],
    ['\u00a0\u200b', '"\\u00a0\\u200b"'],
  ])('%j', (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  it('shows bytes that are no UTF-8 one by one', () => {
    expect(quote(Buffer.from([0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82]))).toBe(
      '"a\\xff\\xc3(\\xe2\\x82"',
    );
    // A surrogate, and a zero in two bytes: not UTF-8 either.
    expect(quote(Buffer.from([0xed, 0xa0, 0x80, 0xc0, 0x80]))).toBe('"\\xed\\xa0\\x80\\xc0\\x80"');
  });
});

describe('integers', () => {
  it.each([
    ['12', 12n],
    ['-0x1f', -31n],
    ['0b11', 3n],
    ['017', 15n],
    ['1_000', 1000n],
    ['9223372036854775807', 9223372036854775807n],
  ])('%s in Go', (text, value) => {
    expect(parseInteger(text, { base: 0 })).toEqual({ kind: 'ok', value });
  });

  it.each(['', 'x', '1_', '08', '9223372036854775808', '1e3'])('%j is none', (text) => {
    expect(parseInteger(text, { base: 0 }).kind).toBe('error');
  });
});

describe('durations', () => {
  it.each([
    ['1h15m', 4_500_000, '1h15m0s'],
    ['1.5s', 1500, '1.5s'],
    ['300ms', 300, '300ms'],
    ['2µs', 0.002, '2µs'],
    ['0', 0, '0s'],
    ['.5s', 500, '500ms'],
  ])('%s', (text, milliseconds, shown) => {
    expect(parseDuration(text)).toEqual({ kind: 'ok', milliseconds });
    expect(formatDuration(milliseconds)).toBe(shown);
  });

  it.each(['1d', '5constructor', '1toString', '1__proto__'])('%s has no unit', (text) => {
    expect(parseDuration(text)).toMatchObject({
      message: expect.stringContaining('unknown unit') as unknown,
    });
  });
});

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

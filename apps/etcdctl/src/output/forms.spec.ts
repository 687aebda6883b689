import { some, toGoJson } from './json.js';
import { shown } from './output.js';

describe('JSON as Go writes it', () => {
  it('has numbers of any size, bytes in base64, and no markup', () => {
    const value = {
      id: 2n ** 64n - 1n,
      key: Buffer.from([0, 255]),
      text: '<a&b>\u2028',
      none: undefined,
    };
    expect(toGoJson(value)).toBe(
      '{"id":18446744073709551615,"key":"AP8=","text":"\\u003ca\\u0026b\\u003e\\u2028"}',
    );
  });

  it('leaves out what is empty where it is told to', () => {
    const nothing = [0, 0n, '', false, [], Buffer.alloc(0)].map(some);
    expect(nothing.every((value) => value === undefined)).toBe(true);
    expect(toGoJson([some(1n), some('x'), null])).toBe('[1,"x",null]');
  });
});

describe('keys and values', () => {
  it('are bytes, or what one can read aloud', () => {
    expect(shown(Buffer.from([0x66, 0xff]), true)).toBe('\\x66\\xff');
    expect(shown(Buffer.from([0xff]), false)).toEqual(Buffer.from([0xff]));
  });
});

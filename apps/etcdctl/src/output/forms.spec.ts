import { humanBytes } from './humanize.js';
import { some, toGoJson } from './json.js';
import { shown } from './output.js';
import { renderTable } from './table.js';

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

describe('sizes', () => {
  it.each([
    [0n, '0 B'],
    [9n, '9 B'],
    [999n, '999 B'],
    [1000n, '1.0 kB'],
    [20480n, '20 kB'],
    [1548288n, '1.5 MB'],
    [2147483648n, '2.1 GB'],
    [99_500_000n, '100 MB'],
  ])('%s', (bytes, text) => {
    expect(humanBytes(bytes)).toBe(text);
  });
});

describe('a table', () => {
  it('is a box with its titles in the middle and its cells to the right', () => {
    const table = { header: ['id', 'long title'], rows: [['12345', 'x']] };
    expect(renderTable(table)).toBe(
      [
        '┌───────┬────────────┐',
        '│  ID   │ LONG TITLE │',
        '├───────┼────────────┤',
        '│ 12345 │          x │',
        '└───────┴────────────┘',
        '',
      ].join('\n'),
    );
  });
});

describe('keys and values', () => {
  it('are bytes, or what one can read aloud', () => {
    expect(shown(Buffer.from([0x66, 0xff]), true)).toBe('\\x66\\xff');
    expect(shown(Buffer.from([0xff]), false)).toEqual(Buffer.from([0xff]));
  });
});

import { INTEGER_RANGES, parseGoBool, parseGoInteger } from './go-scalar.js';
import { isIpAddress } from './ip-address.js';

describe('a Go integer', () => {
  test.each([
    ['0', 0],
    ['1_000', 1000],
    ['0x1f', 31],
    ['0X1F', 31],
    ['0b11', 3],
    ['0o17', 15],
    ['017', 15],
    ['-5', -5],
    ['+5', 5],
    ['-0x10', -16],
  ])('%s is %d', (text, value) => {
    expect(parseGoInteger(text, INTEGER_RANGES.int)).toEqual({ kind: 'ok', value });
  });

  test.each(['', ' 1', '1 ', '0x', '1__0', '_1', '1_', '08', '1e3', '1.0', '--1', 'abc'])(
    '%j does not parse',
    (text) => {
      expect(parseGoInteger(text, INTEGER_RANGES.int)).toEqual({
        kind: 'error',
        message: 'parse error',
      });
    },
  );

  test('has no sign when unsigned, and a range', () => {
    expect(parseGoInteger('+1', INTEGER_RANGES.uint).kind).toBe('error');
    expect(parseGoInteger('18446744073709551615', INTEGER_RANGES.uint).kind).toBe('ok');
    expect(parseGoInteger('18446744073709551616', INTEGER_RANGES.uint)).toEqual({
      kind: 'error',
      message: 'value out of range',
    });
  });
});

test('a Go bool is one of twelve words', () => {
  const words = ['1', 't', 'T', 'true', 'TRUE', 'True', '0', 'f', 'F', 'false', 'FALSE', 'False'];
  expect(words.map((word) => parseGoBool(word).kind)).toEqual(words.map(() => 'ok'));
  expect(['', 'yes', 'tRue', 'on'].map((word) => parseGoBool(word).kind)).toEqual(
    Array(4).fill('error'),
  );
});

test('an IP address is one that can be bound', () => {
  const good = [
    '127.0.0.1',
    '0.0.0.0',
    '::',
    '::1',
    'fe80::1:2',
    '1:2:3:4:5:6:7:8',
    '::ffff:1.2.3.4',
  ];
  const bad = [
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '12345::',
  ];
  expect(good.filter((text) => !isIpAddress(text))).toEqual([]);
  expect(bad.filter(isIpAddress)).toEqual([]);
});

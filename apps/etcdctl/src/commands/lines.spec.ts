import { WHOLE } from '../testing/requests.js';
import { parseCompare, parseOperation } from './txn-lines.js';
import { watchArguments } from './watch-arguments.js';
import { splitWords } from './words.js';

describe('words of a line', () => {
  it.each([
    ['put a b', ['put', 'a', 'b']],
    ['put "a b" \'c "d"\'', ['put', 'a b', 'c "d"']],
    ['put "x\\n\\t\\"\\x41\\u00e9" ""', ['put', 'x\n\t"Aé', '']],
    ["get 'x'", ['get', 'x']],
  ])('%s', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});

it.each(['"\\UFFFFFFFF"', '"\\U00110000"', '"\\ud800"', '"\\777"'])(
  'a word cannot have %s in it',
  (word) => {
    expect(() => splitWords(`put a ${word}`)).toThrow('invalid syntax');
  },
);

describe('a comparison', () => {
  it.each([
    ['mod("a") > "5"', { key: 'a', target: 2, result: 1, value: 5n }],
    ['ver("a b") = "0"', { key: 'a b', target: 0, result: 0, value: 0n }],
    ['c("a") != "1"', { key: 'a', target: 1, result: 3, value: 1n }],
    ['lease("a") < "1f"', { key: 'a', target: 4, result: 2, value: 31n }],
    ['value("a") = "x\\ny"', { key: 'a', target: 3, result: 0, value: Buffer.from('x\ny') }],
  ])('%s', (line, { key, target, result, value }) => {
    expect(parseCompare(line)(WHOLE)).toMatchObject({
      key: Buffer.from(key),
      target,
      result,
      targetUnion: { value },
    });
  });

  it.each([
    '',
    'mod',
    'mod("a")',
    'mod("a") ~ "1"',
    'size("a") = "1"',
    'mod("a") = "x"',
    'mod(a) = 1',
  ])('%j is none', (line) => {
    expect(() => parseCompare(line)).toThrow(/^(malformed comparison|invalid txn)/u);
  });
});

describe('an operation', () => {
  it('is one of the commands, with its flags', async () => {
    expect(await parseOperation('get a --prefix --limit 3 --keys-only')).toMatchObject({
      kind: 'range',
      options: { limit: 3n, keysOnly: true },
    });
    expect(await parseOperation("put 'a b' -- -v")).toMatchObject({
      key: Buffer.from('a b'),
      value: Buffer.from('-v'),
    });
    expect(await parseOperation('put "\\xff\\303\\xa9" "\\u00ff"')).toMatchObject({
      key: Buffer.of(0xff, 0xc3, 0xa9),
      value: Buffer.from('ÿ'),
    });
    expect(await parseOperation('del a --prev-kv')).toMatchObject({ options: { prevKv: true } });
  });

  it.each(['frobnicate', 'watch a', 'get a --nope', 'put a'])('%s is none', async (line) => {
    await expect(parseOperation(line)).rejects.toThrow();
  });
});

describe('what to watch', () => {
  const NONE = { key: '', rangeEnd: '' };

  it('stands before two dashes, and the command after them', () => {
    expect(watchArguments(['a', 'b', 'echo', '-n'], 2, NONE)).toEqual({
      words: ['a', 'b'],
      command: ['echo', '-n'],
    });
  });

  it('may stand in the environment, and then nowhere else', () => {
    const environment = { key: 'k', rangeEnd: 'l' };
    expect(watchArguments(['echo'], 0, environment)).toEqual({
      words: ['k', 'l'],
      command: ['echo'],
    });
    expect(() => watchArguments(['a'], -1, environment)).toThrow(/conflicting environment key/u);
  });
});

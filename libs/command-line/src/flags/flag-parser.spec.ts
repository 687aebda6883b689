import { bool, duration, int64, text, uint } from './flag.js';
import type { ParseOutcome } from './flag-parser.js';
import { parseFlags } from './flag-parser.js';
import { FlagValues } from './flag-values.js';

const FLAGS = [
  { ...bool('all', ''), shorthand: 'a' },
  { ...bool('brief', ''), shorthand: 'b' },
  { ...text('word', ''), shorthand: 'w' },
  int64('limit', '', 5),
  uint('count', ''),
  duration('time', '', '2s'),
  { name: 'list', kind: 'strings', default: 'x', usage: '' } as const,
];

function parse(line: string): { values: FlagValues; outcome: ParseOutcome } {
  const values = new FlagValues(FLAGS);
  return { values, outcome: parseFlags(values, line === '' ? [] : line.split(' ')) };
}

const complaint = (line: string): string => {
  const { outcome } = parse(line);
  return outcome.kind === 'error' ? outcome.message : 'none';
};

describe('flags', () => {
  it('have their defaults when they are not given', () => {
    const { values } = parse('');
    expect([values.bool('all'), values.integer('limit'), values.list('list')]).toEqual([
      false,
      5n,
      ['x'],
    ]);
    expect([values.milliseconds('time'), values.isGiven('limit')]).toEqual([2000, false]);
  });

  it.each(['--word=v', '--word v', '-w v', '-wv', '-w=v', '-abwv', '-abw v'])('%s', (line) => {
    expect(parse(line).values.text('word')).toBe('v');
  });

  it('stand between arguments, until two dashes', () => {
    const { values, outcome } = parse('x -a y --limit 0x10 -- --word z');
    expect(outcome).toEqual({ kind: 'ok', args: ['x', 'y', '--word', 'z'], argsBeforeDash: 2 });
    expect([values.integer('limit'), values.text('word')]).toEqual([16n, '']);
  });

  it('that are lists grow, and the first word replaces the default', () => {
    expect(parse('--list a,b --list c,"d').values.list('list')).toEqual(['a', 'b', 'c', '"d']);
  });

  it.each([
    ['--nope', 'unknown flag: --nope'],
    ['-ax', "unknown shorthand flag: 'x' in -x"],
    ['--word', 'flag needs an argument: --word'],
    ['-aw', "flag needs an argument: 'w' in -w"],
    ['--=x', 'bad flag syntax: --=x'],
    [
      '--all=maybe',
      'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      '--count -1',
      'invalid argument "-1" for "--count" flag: strconv.ParseUint: parsing "-1": invalid syntax',
    ],
    [
      '--limit 99999999999999999999',
      'invalid argument "99999999999999999999" for "--limit" flag: strconv.ParseInt: parsing "99999999999999999999": value out of range',
    ],
    ['--time 5', 'invalid argument "5" for "--time" flag: time: missing unit in duration "5"'],
  ])('%s is refused in the words of Go', (line, message) => {
    expect(complaint(line)).toBe(message);
  });
});

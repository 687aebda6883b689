import { formatOptionHelp } from './option-help.js';
import { formatDuration, parseCommandLine, parseDurationMs } from './option-table.js';
import type { CommandOption } from './option-table.js';

const TABLE = [
  {
    name: 'addr',
    kind: 'text',
    default: ':80',
    placeholder: 'HOST:PORT',
    help: 'Where to listen.',
  },
  { name: 'max-size', kind: 'count', default: '9', min: 1, max: 100, help: 'Biggest cluster.' },
  { name: 'ttl', kind: 'duration', default: '168h', min: 1000, help: 'Life of a token.' },
  { name: 'share', kind: 'number', default: '1', min: 0.1, max: 1, help: 'Part of it.' },
  { name: 'strict', kind: 'switch', default: 'false', help: 'Be strict.' },
  { name: 'endpoints', kind: 'list', default: '', help: 'Endpoints.' },
] as const satisfies readonly CommandOption[];

const parse = (argv: readonly string[], env: Record<string, string> = {}) =>
  parseCommandLine(TABLE, { argv, env, envPrefix: 'DISC' });

describe('a command line', () => {
  it('gives every option its default', () => {
    expect(parse([])).toEqual({
      kind: 'ok',
      values: {
        addr: ':80',
        'max-size': 9,
        ttl: 604_800_000,
        share: 1,
        strict: false,
        endpoints: [],
      },
      operands: [],
    });
  });

  it('takes values in all the forms that Go takes, and keeps the rest as operands', () => {
    expect(
      parse([
        '--addr',
        ':1',
        'example.com',
        '-max-size=5',
        '--share=0.25',
        '--strict',
        '--endpoints=a, b,',
        '--',
        '--x',
      ]),
    ).toMatchObject({
      values: { addr: ':1', 'max-size': 5, share: 0.25, strict: true, endpoints: ['a', 'b'] },
      operands: ['example.com', '--x'],
    });
  });

  it('takes the environment where the command line is silent', () => {
    const env = { DISC_MAX_SIZE: '7', DISC_ADDR: ':2' };
    expect(parse(['--addr=:3'], env)).toMatchObject({ values: { 'max-size': 7, addr: ':3' } });
  });

  it.each([
    [['--bogus'], 'unknown option: --bogus'],
    [['--addr'], '--addr wants a value'],
    [['--max-size', '0'], 'invalid value "0" for --max-size: a whole number, 1 to 100'],
    [['--max-size', '3x'], 'invalid value "3x" for --max-size: a whole number, 1 to 100'],
    [['--ttl', '7'], 'invalid value "7" for --ttl: a duration such as 1m30s, at least 1s'],
    [['--share', '0'], 'invalid value "0" for --share: a number, 0.1 to 1'],
    [['--share', '.5'], 'invalid value ".5" for --share: a number, 0.1 to 1'],
    [['--strict=maybe'], 'invalid value "maybe" for --strict: true or false'],
  ])('says what is wrong with %j', (argv, message) => {
    expect(parse(argv)).toEqual({ kind: 'error', message });
  });

  it('asks for help or the version with one word, whatever else there is', () => {
    expect(parse(['--addr', ':1', '--help'])).toEqual({ kind: 'help' });
    expect(parse(['-h'])).toEqual({ kind: 'help' });
    expect(parse(['--version'])).toEqual({ kind: 'version' });
  });
});

describe('a duration', () => {
  it.each([
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5s', 1500],
    ['0', 0],
  ])('%s is %d ms', (text, expected) => expect(parseDurationMs(text)).toBe(expected));

  it.each(['', '5', 's', '5d', '1h 2m', '-1s'])('is not %j', (text) =>
    expect(parseDurationMs(text)).toBeUndefined(),
  );

  it('is shown in its shortest form', () => {
    expect([604_800_000, 90_000, 250, 0].map(formatDuration)).toEqual([
      '168h',
      '1m30s',
      '250ms',
      '0s',
    ]);
  });
});

it('help names each option, its default and its variable', () => {
  const help = formatOptionHelp([{ title: 'Options', options: TABLE }], 'DISC');
  expect(help).toContain('  --addr HOST:PORT\n      Where to listen. [default :80; DISC_ADDR]\n');
  expect(help).toContain('  --strict\n      Be strict. [DISC_STRICT]\n');
});

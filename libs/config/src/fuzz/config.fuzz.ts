import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateText, pick } from '@etcd-ts/fuzzing';
import { environmentName, OPTIONS } from '../option-schema.js';
import type { Option } from '../option-schema.js';
import { parse } from '../testing/parsing.js';
import type { Configuration } from '../parse-configuration.js';

const CASES = 40;
/** Each is dear. */
export const shareCases = 400;
/** By kind of option: what is right, what is nearly, and what other languages would take. */
const TEXTS: Readonly<Record<Option['kind'], readonly string[]>> = {
  bool: ['true', 'false', '1', 'F', 'yes', '', 'TRUE '],
  int: ['0', '1', '-1', '0x10', '017', '1_000', '08', '9223372036854775808', '1e3', '٣'],
  uint: ['0', '5', '0b11', '18446744073709551615', '18446744073709551616', '-0', '_1'],
  uint32: ['0', '4294967295', '4294967296', '0x1', '+1'],
  duration: ['1s', '1h15m', '1.5s', '0', '-5m', '100', '3toString', '1constructor', '.s', '1µs'],
  string: ['a', 'default', '/tmp/x', 'a=http://b:1,c=http://d:2', '{"maxsize": 100}', 'TLS1.3'],
  list: ['a', 'a,b', ',', 'stderr,default', 'TLS_RSA_WITH_AES_128_CBC_SHA', '127.0.0.1:53'],
  urls: ['http://127.0.0.1:1', 'https://[::1]:2', 'unix://a:0', 'http://h:1,http://h:1', 'x', ''],
  choice: ['new', 'existing', 'basic', 'revision', 'json', 'proxy'],
  gates: ['AllAlpha=true', 'CompactHashCheck=false', 'toString=true', 'a', 'LeaseCheckpoint=t,'],
};
/** What a parser of YAML may stumble over. */
const YAML = [
  '&a [*a]',
  '*b',
  '<<: 1',
  '<<: [x]',
  '!!binary x',
  '!!set {a, b}',
  '!!omap [a: 1]',
  '!!int x',
  '!unknown x',
  '? [a, b] : c',
  '0b',
  '0x_',
  '1:30:00',
  '2001-12-14t21:59:43.10-05:00',
  '.inf',
  '.nan',
  '~',
  '|\n   text\n  more',
  '>-\n folded',
  '"\\ud800\\x00"',
  '{__proto__: 1}',
  '[1, [2, {a: b}]]',
  "'open",
  '%YAML 1.9\n---\na: b',
  '--- a\n--- b',
  '@x',
  '`x',
  '\tx',
  '{'.repeat(20),
  '- '.repeat(20),
  'a: '.repeat(20),
];
/** Takes the parser as long as a thousand others. */
const DEEP = ['{', '[', '- ', '? '].map((opening) => `name: ${opening.repeat(2_000)}`);
/** Each one ten of the last: a billion at the end. */
const LAUGHS = Array.from({ length: 9 }, (_, level) =>
  level === 0 ? 'l0: &l0 [x,x,x,x,x]' : `l${level}: &l${level} [${`*l${level - 1},`.repeat(10)}]`,
).join('\n');

/** Options by flags, environment and file: an outcome of one of the known kinds, and never a throw. */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  for (let i = 0; i < CASES; i++) {
    const given = rng.below(2) === 0 ? byFlags(rng) : { argv: [], env: {}, file: yaml(rng) };
    try {
      check(parse(given));
    } catch (error) {
      throw new Error(JSON.stringify(given).slice(0, 500), { cause: error });
    }
  }
  return CASES;
}

function byFlags(rng: Rng): { argv: readonly string[]; env: Record<string, string> } {
  const argv: string[] = [];
  const env: Record<string, string> = {};
  for (let count = rng.below(5); count > 0; count--) {
    const option = pick(rng, OPTIONS);
    const dashes = pick(rng, ['--', '--', '-', '---', '']);
    const word = `${dashes}${maybeMutated(rng, option.name)}`;
    if (rng.below(2) === 0) argv.push(`${word}=${text(rng, option)}`);
    else argv.push(word, text(rng, option));
  }
  for (let count = rng.below(3); count > 0; count--) {
    const option = pick(rng, OPTIONS);
    env[maybeMutated(rng, environmentName(option.name))] = text(rng, option);
  }
  if (rng.below(30) === 0) argv.push(pick(rng, ['--', '-', 'word', '--version=x', '-h', '--v']));
  return { argv, env };
}

function yaml(rng: Rng): string {
  if (rng.below(1_000) === 0) return pick(rng, [LAUGHS, ...DEEP]);
  const lines: string[] = [];
  for (let count = 1 + rng.below(5); count > 0; count--) {
    const option = pick(rng, OPTIONS);
    const key = option.file?.key ?? option.name;
    const value = rng.below(3) === 0 ? pick(rng, YAML) : yamlText(rng, option);
    if (option.file) lines.push(`${option.file.section}:`, `  ${key}: ${value}`);
    else if (rng.below(4) === 0) lines.push(discovery(rng, value));
    else lines.push(`${rng.below(20) === 0 ? pick(rng, YAML) : key}: ${value}`);
  }
  return maybeMutated(rng, lines.join('\n'));
}

const discovery = (rng: Rng, value: string): string =>
  pick(rng, [
    `discovery-config: ${value}`,
    `discovery-config:\n  token: ${value}\n  client: {endpoints: [${value}]}`,
    `discovery-config: {client: {secure: {cert: ${value}}, dial-timeout: ${value}}}`,
  ]);

function yamlText(rng: Rng, option: Option): string {
  const value = text(rng, option);
  return rng.below(3) === 0 ? JSON.stringify(value) : value;
}

const text = (rng: Rng, { kind }: Option): string =>
  maybeMutated(rng, pick(rng, TEXTS[rng.below(8) === 0 ? 'string' : kind]));

const maybeMutated = (rng: Rng, value: string): string =>
  rng.below(3) === 0 ? mutateText(rng, value) : value;

function check(outcome: Configuration): void {
  switch (outcome.kind) {
    case 'run':
      return checkNumbers('config', outcome.config);
    case 'error':
      assert(outcome.message !== '', 'an error without a word');
      assert(outcome.exitCode === 1 || outcome.exitCode === 2, 'an exit code of its own');
      assert(outcome.message.length < MAX_MESSAGE, 'an endless message');
      return;
    case 'help':
    case 'version':
      assert(outcome.stdout !== '', 'nothing to show');
  }
}

/** A message quotes what it is about, with escapes of six characters for one. */
const MAX_MESSAGE = 1_000_000;

/** A setting that is no number is one that no comparison finds wrong. */
function checkNumbers(place: string, value: unknown): void {
  if (typeof value === 'number') assert(!Number.isNaN(value), `${place} is no number`);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, part] of Object.entries(value)) checkNumbers(`${place}.${name}`, part);
}

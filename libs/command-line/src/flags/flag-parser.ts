import type { Flag } from './flag.js';
import { FlagValues } from './flag-values.js';

export type ParseOutcome =
  | { readonly kind: 'ok'; readonly args: readonly string[]; readonly argsBeforeDash: number }
  | ParseProblem;

interface ParseProblem {
  readonly kind: 'error';
  readonly message: string;
}

/** The values of these flags, and the arguments between them. */
export function parseFlagsOf(
  flags: readonly Flag[],
  words: readonly string[],
): ({ readonly flags: FlagValues } & Extract<ParseOutcome, { kind: 'ok' }>) | ParseProblem {
  const values = new FlagValues(flags);
  const outcome = parseFlags(values, words);
  return outcome.kind === 'error' ? outcome : { ...outcome, flags: values };
}

/**
 * A command line by the rules of Go's pflag: `--flag=value`, `--flag value`, `-f value`, `-fvalue`,
 * letters in a row; flags may stand between arguments; `--` ends them. `argsBeforeDash` is -1
 * without one.
 */
export function parseFlags(values: FlagValues, words: readonly string[]): ParseOutcome {
  const args: string[] = [];
  const rest = [...words];
  for (;;) {
    const word = rest.shift();
    if (word === undefined) return { kind: 'ok', args, argsBeforeDash: -1 };
    if (word === '--') {
      return { kind: 'ok', args: [...args, ...rest], argsBeforeDash: args.length };
    }
    if (word.length < 2 || !word.startsWith('-')) {
      args.push(word);
      continue;
    }
    const message = word.startsWith('--')
      ? parseLong(values, word, rest)
      : parseShort(values, word, rest);
    if (message !== undefined) return { kind: 'error', message };
  }
}

function parseLong(values: FlagValues, word: string, rest: string[]): string | undefined {
  const body = word.slice(2);
  if (body.startsWith('-') || body.startsWith('=')) return `bad flag syntax: ${word}`;
  const equals = body.indexOf('=');
  const name = equals < 0 ? body : body.slice(0, equals);
  const flag = values.find(name);
  if (flag === undefined) return `unknown flag: --${name}`;
  const attached = equals < 0 ? undefined : body.slice(equals + 1);
  const value = attached ?? (flag.kind === 'bool' ? 'true' : rest.shift());
  if (value === undefined) return `flag needs an argument: ${word}`;
  return setFlag(values, flag, value);
}

function parseShort(values: FlagValues, word: string, rest: string[]): string | undefined {
  let letters = word.slice(1);
  while (letters !== '') {
    const letter = letters.charAt(0);
    const flag = values.findShorthand(letter);
    if (flag === undefined) return `unknown shorthand flag: '${letter}' in -${letters}`;
    const after = letters.slice(1);
    if (after.length > 1 && after.startsWith('=')) return setFlag(values, flag, after.slice(1));
    if (flag.kind !== 'bool') {
      const value = after === '' ? rest.shift() : after;
      if (value === undefined) return `flag needs an argument: '${letter}' in -${letters}`;
      return setFlag(values, flag, value);
    }
    const message = setFlag(values, flag, 'true');
    if (message !== undefined) return message;
    letters = after;
  }
  return undefined;
}

function setFlag(values: FlagValues, flag: Flag, value: string): string | undefined {
  const why = values.set(flag, value);
  if (why === undefined) return undefined;
  const { name, shorthand } = flag;
  const shown = shorthand === undefined ? `--${name}` : `-${shorthand}, --${name}`;
  return `invalid argument ${JSON.stringify(value)} for "${shown}" flag: ${why}`;
}

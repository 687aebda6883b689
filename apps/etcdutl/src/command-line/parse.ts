import type { Command, CommandPath, Flag, FlagTexts } from './command.js';
import { inheritedFlags, leafOf, nameOf, ownFlags } from './command.js';

export type Parsed =
  | {
      readonly kind: 'ok';
      readonly path: CommandPath;
      readonly args: readonly string[];
      readonly flags: FlagTexts;
    }
  /** `path`: as far as the words named commands. */
  | { readonly kind: 'error'; readonly path: CommandPath; readonly message: string };

/**
 * A command line by the rules of Go's pflag: `--flag=value`, `--flag value`, `-f value`, `-fvalue`;
 * flags may stand before, between and after names and arguments; `--` ends them.
 */
export function parseCommandLine(root: Command, words: readonly string[]): Parsed {
  let path: CommandPath = [root];
  const args: string[] = [];
  const texts = new Map<string, string>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      args.push(...rest);
      break;
    }
    if (word.length > 1 && word.startsWith('-')) {
      const message = takeFlag(path, word, rest, texts);
      if (message !== undefined) return { kind: 'error', path, message };
      continue;
    }
    const child = args.length > 0 ? undefined : childNamed(leafOf(path), word);
    if (child !== undefined) path = [...path, child];
    else if (path.length === 1) {
      const message = `unknown command ${JSON.stringify(word)} for ${JSON.stringify(nameOf(root))}`;
      return { kind: 'error', path, message };
    } else args.push(word);
  }
  return { kind: 'ok', path, args, flags: flagTexts(path, texts) };
}

export const childNamed = ({ children = [] }: Command, word: string): Command | undefined =>
  children.find((child) => nameOf(child) === word);

const flagsOf = (path: CommandPath): readonly Flag[] => [
  ...ownFlags(path),
  ...inheritedFlags(path),
];

/** Undefined, or what is wrong in pflag's words. */
function takeFlag(
  path: CommandPath,
  word: string,
  rest: string[],
  texts: Map<string, string>,
): string | undefined {
  const isLong = word.startsWith('--');
  const body = isLong ? word.slice(2) : word.slice(1);
  const equals = body.indexOf('=');
  const name = isLong ? (equals < 0 ? body : body.slice(0, equals)) : body.charAt(0);
  const flags = flagsOf(path);
  const flag = flags.find((each) => (isLong ? each.name : each.shorthand) === name);
  if (flag === undefined) {
    return isLong ? `unknown flag: --${name}` : `unknown shorthand flag: '${name}' in ${word}`;
  }
  const attached = isLong
    ? equals < 0
      ? undefined
      : body.slice(equals + 1)
    : body.slice(1).replace(/^=/u, '') || undefined;
  const text = attached ?? (flag.kind === 'bool' ? 'true' : rest.shift());
  if (text === undefined) {
    return `flag needs an argument: ${isLong ? word : `'${name}' in ${word}`}`;
  }
  const why = problemOf(flag, text);
  if (why !== undefined) {
    const shown = flag.shorthand === undefined ? '' : `-${flag.shorthand}, `;
    return `invalid argument ${JSON.stringify(text)} for "${shown}--${flag.name}" flag: ${why}`;
  }
  texts.set(flag.name, text);
  return undefined;
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function problemOf({ kind }: Flag, text: string): string | undefined {
  const shown = JSON.stringify(text);
  switch (kind) {
    case 'string':
      return undefined;
    case 'bool':
      if (TRUE.has(text) || FALSE.has(text)) return undefined;
      return `strconv.ParseBool: parsing ${shown}: invalid syntax`;
    case 'uint':
      if (!/^\d+$/u.test(text)) return `strconv.ParseUint: parsing ${shown}: invalid syntax`;
      // Beyond are no revisions: they are counted exactly, as numbers.
      if (Number.isSafeInteger(Number(text))) return undefined;
      return `strconv.ParseUint: parsing ${shown}: value out of range`;
  }
}

function flagTexts(path: CommandPath, texts: ReadonlyMap<string, string>): FlagTexts {
  const defaults = new Map(flagsOf(path).map((flag) => [flag.name, flag.default]));
  const text = (name: string): string => texts.get(name) ?? defaults.get(name) ?? '';
  return {
    text,
    bool: (name) => TRUE.has(text(name)),
    count: (name) => Number(text(name)),
  };
}

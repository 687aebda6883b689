import type { AnyCommand, AnyCommandPath, Command, CommandPath } from './command.js';
import { globalFlags, inheritedFlags, leafOf, nameOf, ownFlags } from './command.js';
import type { Flag } from '../flags/flag.js';

/** How much a mistyped name may differ from the one that is suggested. */
const SUGGESTION_DISTANCE = 2;

export type Found<Call> =
  | { readonly kind: 'ok'; readonly path: CommandPath<Call>; readonly words: readonly string[] }
  | { readonly kind: 'unknown'; readonly message: string };

/** Follows the words that are no flags, as far as they name commands; a unique beginning is enough. */
export function findCommand<Call>(root: Command<Call>, words: readonly string[]): Found<Call> {
  let path: CommandPath<Call> = { commands: [root] };
  const rest = [...words];
  for (;;) {
    const at = firstArgument(path, rest);
    const word = at === undefined ? undefined : rest[at];
    if (at === undefined || word === undefined) return { kind: 'ok', path, words: rest };
    const child = childNamed(leafOf(path), word);
    if (child === undefined) {
      if (path.commands.length > 1) return { kind: 'ok', path, words: rest };
      return { kind: 'unknown', message: unknownCommand(root, word) };
    }
    rest.splice(at, 1);
    path = { commands: [...path.commands, child] };
  }
}

export function childNamed<Call>(command: Command<Call>, word: string): Command<Call> | undefined {
  const children = command.children ?? [];
  const exact = children.find((child) => nameOf(child) === word);
  if (exact !== undefined) return exact;
  const matches = children.filter((child) => nameOf(child).startsWith(word));
  return matches.length === 1 ? matches[0] : undefined;
}

/** Where the first word stands that is neither a flag nor the value of one. */
export function firstArgument(path: AnyCommandPath, words: readonly string[]): number | undefined {
  const flags = [...globalFlags(path), ...inheritedFlags(path), ...ownFlags(path)];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') return undefined;
    if (!word.startsWith('-') || word === '-') return i;
    if (takesNextWord(flags, word)) i++;
  }
  return undefined;
}

function takesNextWord(flags: readonly Flag[], word: string): boolean {
  if (word.includes('=')) return false;
  const flag = word.startsWith('--')
    ? flags.find(({ name }) => name === word.slice(2))
    : word.length === 2
      ? flags.find(({ shorthand }) => shorthand === word.charAt(1))
      : undefined;
  // A flag nobody knows is complained about later; its value, if it has one, cannot be told apart.
  return flag !== undefined && flag.kind !== 'bool';
}

function unknownCommand(root: AnyCommand, word: string): string {
  const names = (root.children ?? []).filter(({ isHidden }) => isHidden !== true).map(nameOf);
  const alike = names.filter((name) => isAlike(word.toLowerCase(), name)).sort();
  const suggestions = alike.map((name) => `\t${name}\n`).join('');
  const hint = alike.length === 0 ? '' : `\n\nDid you mean this?\n${suggestions}`;
  return `unknown command ${JSON.stringify(word)} for "${nameOf(root)}"${hint}`;
}

function isAlike(word: string, name: string): boolean {
  return name.startsWith(word) || distance(word, name) <= SUGGESTION_DISTANCE;
}

/** Levenshtein's: letters inserted, removed or exchanged. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

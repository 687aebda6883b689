import type { AnyCommand, AnyCommandPath } from './command.js';
import { globalFlags, leafOf, nameOf, optionsOf } from './command.js';
import { findCommand, firstArgument } from './find-command.js';

/** Of cobra's protocol with the shell's scripts. */
const FILE_NAMES_TOO = 0;
const NO_FILE_NAMES = 4;

/**
 * What shells ask with `PROGRAM __complete WORDS... CURRENT`: a line for each possibility, a tab
 * before what it is, and last whether names of files may be meant as well.
 */
export function completionAnswer(root: AnyCommand, args: readonly string[]): string {
  const current = args.at(-1) ?? '';
  const found = findCommand(root, args.slice(0, -1));
  const choices = found.kind === 'ok' ? choicesAt(found.path, current, found.words) : [];
  const directive = choices.length > 0 ? NO_FILE_NAMES : FILE_NAMES_TOO;
  return `${choices.join('\n')}\n:${directive}\n`;
}

function choicesAt(path: AnyCommandPath, current: string, words: readonly string[]): string[] {
  if (current.startsWith('-')) {
    const flags = [...optionsOf(path), ...(path.commands.length === 1 ? [] : globalFlags(path))];
    return flags
      .filter(({ name, isHidden }) => isHidden !== true && `--${name}`.startsWith(current))
      .map(({ name, usage }) => `--${name}\t${usage}`);
  }
  // An argument that names no command is one of the command's own.
  if (firstArgument(path, words) !== undefined) return [];
  const { children = [], validArguments = [] } = leafOf(path);
  return [
    ...children
      .filter((child) => child.isHidden !== true && nameOf(child).startsWith(current))
      .map((child) => `${nameOf(child)}\t${child.short}`),
    ...validArguments.filter((word) => word.startsWith(current)),
  ];
}

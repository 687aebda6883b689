import type { Command, CommandPath } from '../command-line/command.js';
import { globalFlags, leafOf, nameOf } from '../command-line/command.js';
import { findCommand, firstArgument } from '../command-line/find-command.js';
import { optionsOf } from '../command-line/usage.js';
import { badArguments } from '../exit-error.js';
import type { Invocation } from '../invocation.js';
import { SHELL_SCRIPTS } from './shell-scripts.js';

/** What shells ask; a line for each possibility, a tab before what it is. */
export const COMPLETE: Command = {
  use: '__complete [command-line]',
  short: 'Request shell completion choices for the specified command-line',
  isHidden: true,
  takesRawArguments: true,
  run: runComplete,
};

export const COMPLETION: Command = {
  use: 'completion',
  short: 'Generate the autocompletion script for the specified shell',
  long: `
Generate the autocompletion script for etcdctl for the specified shell.
See each sub-command's help for details on how to use the generated script.
`,
  children: SHELL_SCRIPTS.map(({ shell, usage, script }) => ({
    use: shell,
    short: `Generate the autocompletion script for ${shell}`,
    long: usage,
    hasNoFlags: true,
    run: async ({ args, surroundings }) => {
      if (args.length > 0) {
        throw badArguments(
          `unknown command ${JSON.stringify(args[0])} for "etcdctl completion ${shell}"`,
        );
      }
      surroundings.streams.out(Buffer.from(script));
      return 0;
    },
  })),
};

async function runComplete({ path, args, surroundings }: Invocation): Promise<number> {
  const current = args.at(-1) ?? '';
  const before = args.slice(0, -1);
  const found = findCommand(path.commands[0], before);
  const choices = found.kind === 'ok' ? choicesAt(found.path, current, found.words) : [];
  // 4: the shell need not offer names of files; 0: it may.
  const directive = choices.length > 0 ? 4 : 0;
  surroundings.streams.out(Buffer.from(`${choices.join('\n')}\n:${directive}\n`));
  return 0;
}

function choicesAt(path: CommandPath, current: string, words: readonly string[]): string[] {
  if (current.startsWith('-')) {
    const flags = [...optionsOf(path), ...(path.commands.length === 1 ? [] : globalFlags(path))];
    return flags
      .filter(({ name, isHidden }) => isHidden !== true && `--${name}`.startsWith(current))
      .map(({ name, usage }) => `--${name}\t${usage}`);
  }
  // An argument that names no command is one of the command's own.
  if (firstArgument(path, words) !== undefined) return [];
  return (leafOf(path).children ?? [])
    .filter((child) => child.isHidden !== true && nameOf(child).startsWith(current))
    .map((child) => `${nameOf(child)}\t${child.short}`);
}

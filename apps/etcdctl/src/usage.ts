import {
  alignColumns,
  fullName,
  globalFlags,
  leafOf,
  nameOf,
  optionsOf,
} from '@etcd-ts/command-line';
import type { AnyCommand, AnyCommandPath, Flag } from '@etcd-ts/command-line';
import { API_VERSION, ETCDCTL_VERSION } from './version.js';

/** What `--help` prints, in the layout of the original. */
export function usageText(path: AnyCommandPath): string {
  const command = leafOf(path);
  const isRoot = path.commands.length === 1;
  const children = (command.children ?? []).filter(({ isHidden }) => isHidden !== true);
  const shownName = isRoot ? nameOf(command) : fullName(path).replace(/^\S+ /u, '');
  const above = path.commands.slice(0, -1).map(nameOf);
  const flagsWord = command.hasNoFlags === true ? '' : ' [flags]';
  const sections = [
    `NAME:\n\t${shownName} - ${command.short}\n`,
    `USAGE:\n\t${[...above, command.use].join(' ')}${flagsWord}\n`,
    ...(isRoot ? [`VERSION:\n\t${ETCDCTL_VERSION}\n`] : []),
    ...(children.length > 0 ? [`API VERSION:\n\t${API_VERSION}\n\n`, commandList(children)] : []),
    ...(command.long === undefined ? [] : [`DESCRIPTION:\n${indented(command.long)}`]),
    `OPTIONS:\n${flagLines(optionsOf(path))}`,
    ...(isRoot
      ? []
      : [`Use "${nameOf(path.commands[0])} options" for a list of global options.\n`]),
  ];
  return sections.map((section) => `${section}\n`).join('');
}

/** What `etcdctl options` prints. */
export function globalOptionsText(path: AnyCommandPath): string {
  return `The following options can be passed to any command:\n\n${flagLines(globalFlags(path))}`;
}

function commandList(children: readonly AnyCommand[]): string {
  const rows = children
    .flatMap((child) => leaves(child, ''))
    .sort((a, b) => (a[0] < b[0] ? -1 : 1))
    .map(([name, short]) => `\t${name}\t${short}`);
  return `COMMANDS:\n${alignColumns(rows)}`;
}

function leaves(command: AnyCommand, above: string): (readonly [string, string])[] {
  const name = above + nameOf(command);
  const children = (command.children ?? []).filter(({ isHidden }) => isHidden !== true);
  if (children.length === 0) return [[name, command.short]];
  return children.flatMap((child) => leaves(child, `${name} `));
}

function flagLines(flags: readonly Flag[]): string {
  const rows = flags
    .filter(({ isHidden }) => isHidden !== true)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => {
      const start = flag.shorthand === undefined ? '      ' : `  -${flag.shorthand}, `;
      return `${start}--${flag.name}${shownDefault(flag)}\t${flag.usage}`;
    });
  return alignColumns(rows);
}

function shownDefault({ kind, default: initial }: Flag): string {
  switch (kind) {
    case 'bool':
      return `[=${initial}]`;
    case 'string':
      return `=${JSON.stringify(initial)}`;
    case 'strings':
      return `=[${initial}]`;
    case 'int64':
    case 'uint':
    case 'duration':
      return `=${initial}`;
  }
}

function indented(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `\t${line}\n`)
    .join('');
}

import type { AnyCommandPath } from '../commands/command.js';
import { fullName, globalFlags, leafOf, nameOf, optionsOf } from '../commands/command.js';
import type { Flag } from '../flags/flag.js';

/** Of cobra's column of names. */
const LEAST_NAME_COLUMNS = 11;

/** How a command is used, in the layout of cobra, which the originals use as it comes. */
export function usageText(path: AnyCommandPath): string {
  const leaf = leafOf(path);
  const children = (leaf.children ?? []).filter(({ isHidden }) => isHidden !== true);
  const isRoot = path.commands.length === 1;
  const sections = [
    ['Usage:', `  ${useLine(path)}`],
    ...(children.length === 0 ? [] : [['Available Commands:', ...commandLines(children)]]),
    ['Flags:', ...flagLines(optionsOf(path))],
    ...(isRoot || globalFlags(path).length === 0
      ? []
      : [['Global Flags:', ...flagLines(globalFlags(path))]]),
    ...(children.length === 0
      ? []
      : [[`Use "${fullName(path)} [command] --help" for more information about a command.`]]),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function useLine(path: AnyCommandPath): string {
  const leaf = leafOf(path);
  if (leaf.run === undefined) return `${fullName(path)} [command]`;
  const above = path.commands.slice(0, -1).map(nameOf);
  return [...above, leaf.use, ...(leaf.hasNoFlags === true ? [] : ['[flags]'])].join(' ');
}

function commandLines(children: readonly { use: string; short: string }[]): readonly string[] {
  const rows = children.map((child): [string, string] => [nameOf(child), child.short]);
  const columns = Math.max(...rows.map(([name]) => name.length), LEAST_NAME_COLUMNS);
  return rows.map(([name, short]) => `  ${name.padEnd(columns)} ${short}`).sort();
}

function flagLines(flags: readonly Flag[]): string[] {
  const rows = [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag): readonly [string, string] => {
      const start = flag.shorthand === undefined ? '      ' : `  -${flag.shorthand}, `;
      const type = flag.kind === 'bool' ? '' : ` ${flag.kind}`;
      return [`${start}--${flag.name}${type}`, `${flag.usage}${shownDefault(flag)}`];
    });
  const columns = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, usage]) => `${name.padEnd(columns)}   ${usage}`);
}

function shownDefault({ kind, default: initial }: Flag): string {
  if (kind === 'string') return initial === '' ? '' : ` (default ${JSON.stringify(initial)})`;
  if (kind === 'strings') return initial === '' ? '' : ` (default [${initial}])`;
  return initial === 'false' || initial === '0' ? '' : ` (default ${initial})`;
}

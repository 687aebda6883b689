import type { CommandPath, Flag } from './command.js';
import { fullName, inheritedFlags, leafOf, nameOf, ownFlags } from './command.js';

/** What `--help` prints, in the layout of cobra, which the original uses as it comes. */
export function helpText(path: CommandPath): string {
  return `${leafOf(path).short}\n\n${usageText(path)}`;
}

export function usageText(path: CommandPath): string {
  const leaf = leafOf(path);
  const children = leaf.children ?? [];
  const above = path.slice(0, -1).map(nameOf).join(' ');
  const line = `${above === '' ? '' : `${above} `}${leaf.use} [flags]`;
  const uses = leaf.run === undefined ? [`  ${fullName(path)} [command]`] : [`  ${line}`];
  const sections = [['Usage:', ...uses]];
  if (children.length > 0) {
    const columns = Math.max(...children.map((child) => nameOf(child).length), 11);
    const rows = children.map((child) => `  ${nameOf(child).padEnd(columns)} ${child.short}`);
    sections.push(['Available Commands:', ...rows.sort()]);
  }
  sections.push(['Flags:', ...flagLines(ownFlags(path))]);
  const inherited = inheritedFlags(path);
  if (inherited.length > 0) sections.push(['Global Flags:', ...flagLines(inherited)]);
  if (children.length > 0) {
    sections.push([
      `Use "${fullName(path)} [command] --help" for more information about a command.`,
    ]);
  }
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
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
  return initial === 'false' || initial === '0' ? '' : ` (default ${initial})`;
}

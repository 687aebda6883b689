/**
 * Golden scripts: blocks of one or more command lines, a line `----`, and the expected output up to
 * the next empty line. Lines that begin with # explain, and stay.
 */
export interface ScriptBlock {
  readonly comments: readonly string[];
  readonly commands: readonly string[];
  readonly expected: readonly string[];
}

const RULE = '----';

export function parseScript(text: string): ScriptBlock[] {
  return text
    .split(/\n\s*\n/)
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((lines) => lines.length > 0)
    .map(parseBlock);
}

function parseBlock(lines: readonly string[]): ScriptBlock {
  const rule = lines.indexOf(RULE);
  const head = rule < 0 ? lines : lines.slice(0, rule);
  return {
    comments: head.filter((line) => line.startsWith('#')),
    commands: head.filter((line) => !line.startsWith('#')),
    expected: rule < 0 ? [] : lines.slice(rule + 1),
  };
}

export function renderBlock(block: ScriptBlock, output: readonly string[]): string {
  const { comments, commands } = block;
  if (commands.length === 0) return comments.join('\n');
  return [...comments, ...commands, RULE, ...output].join('\n');
}

export interface Command {
  readonly name: string;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

/** `name word word key=value flag=(1,2)`. */
export function parseCommand(line: string): Command {
  const [name = '', ...rest] = line.trim().split(/\s+/);
  const pairs = rest.filter((word) => word.includes('='));
  return {
    name,
    words: rest.filter((word) => !word.includes('=')),
    options: new Map(pairs.map((pair) => pair.split('=', 2) as [string, string])),
  };
}

/** `(1,2,3)` or `1,2,3`. */
export function parseIds(text: string | undefined): number[] {
  if (text === undefined) return [];
  return text
    .replace(/[()]/g, '')
    .split(',')
    .filter((id) => id !== '')
    .map(Number);
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './command.js';
import { readText, ROOT } from './source-tree.js';

/** "a -> b" for every project a that uses project b. */
type Edges = readonly string[];

const DOCUMENT = 'ARCHITECTURE.md';
const SECTION = /(?<=^## Who uses whom\n)[\s\S]*?(?=^## )/m;
const TABLE = /^\|[\s\S]*\|$/m;

/** The rows of the table in the section "Who uses whom". */
function describedEdges(): Edges {
  const section = SECTION.exec(readText(DOCUMENT))?.[0] ?? '';
  const edges: string[] = [];
  for (const match of section.matchAll(/^\| `([^`]+)`\s*\|(.*)\|$/gm)) {
    for (const target of (match[2] ?? '').matchAll(/`([^`]+)`/g)) {
      edges.push(`${match[1]} -> ${target[1]}`);
    }
  }
  return edges.sort();
}

/** For REWRITE=1: makes the table true. Whether it should be is for the reader of the change. */
function rewriteTable(edges: Edges): void {
  const uses = new Map<string, string[]>();
  for (const edge of edges) {
    const [from = '', to = ''] = edge.split(' -> ');
    uses.set(from, [...(uses.get(from) ?? []), `\`${to}\``]);
  }
  const rows = [...uses].map(([from, to]) => `| \`${from}\` | ${to.join(', ')} |`);
  const table = ['| project | uses |', '| --- | --- |', ...rows].join('\n');
  const text = readText(DOCUMENT);
  const rewritten = text.replace(SECTION, (section) => section.replace(TABLE, () => table));
  writeFileSync(join(ROOT, DOCUMENT), rewritten);
  runTool('prettier/bin/prettier.cjs', ['--write', DOCUMENT]);
}

interface Graph {
  readonly graph: {
    readonly nodes: Readonly<Record<string, unknown>>;
    readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>;
  };
}

/** As nx sees them; also fills the cache without which the lint rule checks nothing. */
function actualEdges(): Edges {
  const directory = mkdtempSync(join(tmpdir(), 'graph-'));
  try {
    const file = join(directory, 'graph.json');
    const { status, output } = runTool('nx/dist/bin/nx.js', ['graph', `--file=${file}`]);
    if (status !== 0) throw new Error(`nx graph failed: ${output}`);
    const { nodes, dependencies } = (JSON.parse(readFileSync(file, 'utf8')) as Graph).graph;
    return Object.entries(dependencies)
      .flatMap(([from, targets]) => targets.map(({ target }) => ({ from, target })))
      .filter(({ target }) => target in nodes)
      .map(({ from, target }) => `${from} -> ${target}`)
      .sort();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface LintResult {
  readonly messages: readonly {
    readonly line: number;
    readonly ruleId: string | null;
    readonly message: string;
  }[];
}

/**
 * "line N: rule" for each rule this text would break in the raft lib. It takes the place of one of the lib's files
 * on the way to the linter only: a file of its own would be in the tree if this run were killed.
 */
function rulesBrokenBy(text: string): readonly string[] {
  const args = ['--format', 'json', '--stdin', '--stdin-filename', 'libs/raft/src/index.ts'];
  const { output } = runTool('eslint/bin/eslint.js', args, text);
  // Without its graph the rule only warns, and every import is allowed.
  if (output.includes('The rule will be skipped')) throw new Error(output);
  const json = output.slice(output.indexOf('[{'), output.lastIndexOf('}]') + 2);
  const results = JSON.parse(json) as readonly LintResult[];
  return results.flatMap(({ messages }) =>
    messages.map(({ line, ruleId, message }) => `line ${line}: ${ruleId ?? message}`),
  );
}

// One file, in this order: the linter needs the graph which the first test leaves in its cache.
describe('the boundaries', () => {
  jest.setTimeout(200_000);

  it('are those of ARCHITECTURE.md: every use of a project by another is in its table', () => {
    const actual = actualEdges();
    // nx fails silently: with one setting gone it sees no edge at all and finds nothing wrong.
    expect(actual.length).toBeGreaterThan(20);
    if (process.env['REWRITE'] === '1') rewriteTable(actual);
    expect(actual).toEqual(describedEdges());
  });

  it('stop a pure lib that wants the disk, the clock, or luck, and let through what it may use', () => {
    const broken = rulesBrokenBy(
      [
        "import { readFileSync } from 'node:fs';",
        "import { must } from '@etcd-ts/foundation';",
        "import { DataDirectory } from '@etcd-ts/storage';",
        'export const world = [readFileSync, DataDirectory];',
        'export const clock = Date.now();',
        'export const luck = Math.random();',
        'export const pure = must(1);',
        '',
      ].join('\n'),
    );
    expect(broken).toEqual([
      'line 1: no-restricted-imports',
      'line 3: @nx/enforce-module-boundaries',
      'line 5: no-restricted-globals',
      'line 6: no-restricted-properties',
    ]);
  });
});

import { ratchetComplaints } from './ratchet.js';
import type { Ratchet } from './ratchet.js';
import { isMadeElsewhere, readText, sourceFiles } from './source-tree.js';
import { functionLengths } from './syntax.js';

const MAX_FILE_LINES = 350;
const MAX_FUNCTION_LINES = 70;

const RATCHET = JSON.parse(readText('tools/tidy/ratchet.json')) as {
  readonly files: Ratchet;
  readonly functions: Ratchet;
};
const FILES = sourceFiles('.ts', '.mjs', '.cjs').filter(({ path }) => !isMadeElsewhere(path));

describe('lengths', () => {
  it(`of files are at most ${MAX_FILE_LINES} lines`, () => {
    const sizes = new Map(FILES.map(({ path, text }) => [path, text.split('\n').length - 1]));
    expect(sizes.size).toBeGreaterThan(20);
    expect(ratchetComplaints(sizes, MAX_FILE_LINES, RATCHET.files)).toEqual([]);
  });

  it(`of functions are at most ${MAX_FUNCTION_LINES} lines`, () => {
    const sizes = new Map(FILES.flatMap((file) => [...functionLengths(file)]));
    expect(sizes.size).toBeGreaterThan(100);
    expect(ratchetComplaints(sizes, MAX_FUNCTION_LINES, RATCHET.functions)).toEqual([]);
  });

  it('are measured from the first line of a function to its last', () => {
    const text = [
      'const a = () => {',
      '  one();',
      '};',
      'class B {',
      '  constructor() {',
      '    two();',
      '  }',
      '  c(): void {}',
      '}',
      "describe('x', () => {",
      "  it('y', () => {});",
      '});',
    ].join('\n');
    expect([...functionLengths({ path: 'x.ts', text })]).toEqual([
      ['x.ts#a', 3],
      ['x.ts#constructor', 3],
      ['x.ts#c', 1],
      ['x.ts#(anonymous)', 1],
    ]);
  });
});

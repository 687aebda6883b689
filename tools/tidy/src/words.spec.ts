import { basename } from 'node:path';
import { isMadeElsewhere, sourceFiles } from './source-tree.js';
import type { SourceFile } from './source-tree.js';
import { classNames } from './syntax.js';

const CODE = sourceFiles('.ts', '.mjs', '.cjs').filter(({ path }) => !isMadeElsewhere(path));
const MARKDOWN = sourceFiles('.md');

/** Names that say nothing: whatever is called so has not been thought through. */
const EMPTY_NAMES = /^(utils?|helpers?|manager|misc|common)$/;

const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);

const isEmptyName = (name: string): boolean => wordsOf(name).some((word) => EMPTY_NAMES.test(word));

/** `path:line` of every line that matches. */
const linesWith = (files: readonly SourceFile[], pattern: RegExp): readonly string[] =>
  files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}`] : [])),
  );

describe('names', () => {
  it('of files say what is inside', () => {
    expect(CODE.map(({ path }) => path).filter((path) => isEmptyName(basename(path)))).toEqual([]);
  });

  it('of classes say what they are', () => {
    const names = CODE.flatMap((file) => classNames(file).map((name) => `${file.path}#${name}`));
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => isEmptyName(name.split('#')[1] ?? ''))).toEqual([]);
  });

  it('are recognised in any spelling', () => {
    expect(['string-utils.ts', 'WatchManager', 'helpers.ts', 'Common'].every(isEmptyName)).toBe(
      true,
    );
    expect(['commonality.ts', 'Lessor', 'management.ts'].some(isEmptyName)).toBe(false);
  });
});

describe('work left lying', () => {
  it('has no marks in the code or the documents', () => {
    expect(linesWith([...CODE, ...MARKDOWN], /\b(TO(?:DO)|FIX(?:ME)|XX(?:X))\b/)).toEqual([]);
  });

  it('leaves no test out, and none alone', () => {
    const specs = CODE.filter(({ path }) => path.endsWith('.spec.ts'));
    // `hasOriginal ? it : it.skip` is no test left out: it depends on what the machine has.
    const leftOut =
      /(?<!\? \w+ : )\b(describe|it|test)\.(only|skip|todo)\b|\b([fx](it|describe))\(/;
    expect(linesWith(specs, leftOut)).toEqual([]);
  });

  it('switches no rule off without a reason beside it', () => {
    const bare = /eslint-disable(?!.*--)|@ts-(?:ignore|nocheck)|@ts-expect-error\s*$/;
    const elsewhere = CODE.filter(({ path }) => !path.startsWith('tools/tidy/'));
    expect(linesWith(elsewhere, bare)).toEqual([]);
  });
});

describe('a document', () => {
  it('has one title', () => {
    const titles = MARKDOWN.map(({ path, text }) => {
      const prose = text.replace(/^(```|~~~)[\s\S]*?^\1/gm, '');
      return `${path}: ${prose.match(/^# /gm)?.length ?? 0}`;
    });
    expect(titles.length).toBeGreaterThan(0);
    expect(titles.filter((title) => !title.endsWith(': 1'))).toEqual([]);
  });

  it('links only to files which exist', () => {
    const known = new Set(sourceFiles('').map(({ path }) => path));
    const folders = new Set(
      [...known].flatMap((path) => path.split('/').map((_, i, all) => all.slice(0, i).join('/'))),
    );
    const broken = MARKDOWN.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].flatMap((match) => {
        const from = path.split('/').slice(0, -1);
        for (const part of (match[1] ?? '').replace(/\/$/, '').split('/')) {
          if (part === '..') from.pop();
          else if (part !== '.') from.push(part);
        }
        const target = from.join('/');
        return known.has(target) || folders.has(target) ? [] : [`${path}: ${match[1]}`];
      }),
    );
    expect(broken).toEqual([]);
  });
});

describe('a generated file', () => {
  it('says so in its first line', () => {
    const generated = sourceFiles('.ts').filter(({ path }) => path.includes('/generated/'));
    expect(generated.length).toBeGreaterThan(0);
    const unmarked = generated.filter(({ text }) => !/^\/\/.*generated/i.test(text));
    expect(unmarked.map(({ path }) => path)).toEqual([]);
  });
});

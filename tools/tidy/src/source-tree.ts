import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

export const ROOT = resolve(__dirname, '../../..');

const NOT_OURS = new Set(['node_modules', 'dist', 'coverage', '.nx', '.git', 'tmp']);

/** One file as the checks see it. */
export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** Whether a file's text comes from a generator or is the data of a test. */
export function isMadeElsewhere(path: string): boolean {
  return /(^|\/)(generated|testdata)\//.test(path);
}

/** All files of these endings, in the order of their paths. */
export function sourceFiles(...endings: readonly string[]): readonly SourceFile[] {
  return [...walk(ROOT)]
    .map((path) => relative(ROOT, path).split(sep).join('/'))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function exists(path: string): boolean {
  return existsSync(join(ROOT, path));
}

function* walk(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name) || entry.name.endsWith('.etcd')) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}

/** The lib a file belongs to; undefined for what is not in one. */
export function libOf(path: string): string | undefined {
  return /^libs\/([^/]+)\//.exec(path)?.[1];
}

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { workspaceRoot } from '@etcd-ts/testkit';

import { renderDocument } from './document.js';
import { growthPlots } from './growth-plots.js';
import { GROUPS } from './groups/all.js';
import { EMPTY_RECORD, type BenchRecord } from './record.js';

const PLOTS = ['growth-by-clients.svg', 'growth-by-keys.svg', 'latency-by-clients.svg'];

const folder = (): string => join(workspaceRoot(), 'docs', 'benchmarks');
const recordFile = (): string => join(folder(), 'results.json');
const documentFile = (): string => join(workspaceRoot(), 'docs', 'benchmarks.md');

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

export function readRecord(): BenchRecord {
  if (!existsSync(recordFile())) return EMPTY_RECORD;
  return JSON.parse(readFileSync(recordFile(), 'utf8')) as BenchRecord;
}

export function writeRecord(record: BenchRecord): void {
  mkdirSync(folder(), { recursive: true });
  writeFileSync(recordFile(), `${printed(record)}\n`);
}

/** Lists of numbers stay on one line: a change of one figure is a change of one line. */
function printed(record: BenchRecord): string {
  return JSON.stringify(record, undefined, 2).replaceAll(
    /\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]/gu,
    (_, numbers: string) => `[${numbers.replaceAll(/\s+/gu, ' ')}]`,
  );
}

/** Makes document and plots of the record; gives the names of the files. */
export function writeDocuments(): readonly string[] {
  const record = readRecord();
  const plots = growthPlots(record.groups['growth'] ?? []);
  mkdirSync(folder(), { recursive: true });
  for (const name of PLOTS) rmSync(join(folder(), name), { force: true });
  for (const { file, svg } of plots) writeFileSync(join(folder(), file), svg);
  const texts = { notes: textOf(join(folder(), 'notes.md')), last: textOf(documentFile()) };
  writeFileSync(documentFile(), renderDocument(record, GROUPS, plots, texts));
  return ['docs/benchmarks.md', ...plots.map(({ file }) => `docs/benchmarks/${file}`)];
}

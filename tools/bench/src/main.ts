import { loadavg } from 'node:os';

import { ProgressLine } from '@etcd-ts/testkit';

import type { Group, Progress } from './group.js';
import { GROUPS } from './groups/all.js';
import { describeRun } from './machine.js';
import { parseOptions, USAGE, type Options } from './options.js';
import { merge, type Run } from './record.js';
import { readRecord, writeDocuments, writeRecord } from './record-files.js';
import { groupText } from './report.js';

function chosen({ only }: Options): readonly Group[] {
  const unknown = only.filter((name) => !GROUPS.some((group) => group.name === name));
  if (unknown.length > 0) {
    const known = GROUPS.map(({ name }) => name).join(', ');
    throw new Error(`no group ${unknown.join(', ')}; there are ${known}`);
  }
  return GROUPS.filter(({ name }) => only.length === 0 || only.includes(name));
}

const say = (text: string): boolean => process.stderr.write(`${text}\n`);
const inMinutes = (minutes: number): string => `${minutes.toFixed(1)} min`;

function list(groups: readonly Group[], { sizes }: Options): void {
  for (const { name, title, minutes } of groups) {
    process.stdout.write(`${name.padEnd(10)} ${inMinutes(minutes(sizes)).padStart(9)}  ${title}\n`);
  }
  const all = groups.reduce((sum, { minutes }) => sum + minutes(sizes), 0);
  process.stdout.write(`${'all'.padEnd(10)} ${inMinutes(all).padStart(9)}\n`);
}

/** One line that is written over where somebody watches; in a file, a line for each step. */
function progressOf({ name }: Group, line: ProgressLine): Progress {
  if (process.stderr.isTTY) return (text) => line.show(`${name}: ${text}`);
  return (text) => void say(`  ${text}`);
}

/** Whether it could be measured: a group that could not leaves the others their turn. */
async function runGroup(group: Group, options: Options, run: Run): Promise<boolean> {
  const line = new ProgressLine();
  const started = performance.now();
  say(`${group.name}: about ${inMinutes(group.minutes(options.sizes))}`);
  try {
    const rows = await group.run(options.sizes, progressOf(group, line));
    line.clear();
    say(`${group.name}: took ${inMinutes((performance.now() - started) / 60_000)}`);
    process.stdout.write(`${groupText(group, rows)}\n`);
    if (options.write) writeRecord(merge(readRecord(), group.name, rows, run));
    return true;
  } catch (error) {
    line.clear();
    say(`${group.name}: failed: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  }
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const groups = chosen(options);
  if (options.list) return list(groups, options);
  if (!options.render) {
    const [load = 0] = loadavg();
    const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
    const run = await describeRun(command, load);
    for (const group of groups) {
      if (!(await runGroup(group, options, run))) process.exitCode = 1;
    }
  }
  if (options.write || options.render) say(`written: ${writeDocuments().join(', ')}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';

import { median, workspaceRoot } from '@etcd-ts/testkit';

import type { Figures } from './figures.js';

/** The benchmarks write what comes before it, and leave the rest alone. */
const HEADING = '## A cluster of three under faults';

const EXPLANATION =
  'The longest time between two answered writes while a write goes to one member after the other ' +
  'every 20 ms, 4 more clients read and write, and this happens: median (least-most) of all rounds. ' +
  'The election timeout is 1,000 ms on both sides. `SIGSTOP` and the silent cut are noticed by ' +
  'nobody but by waiting; a leader that is stopped with `SIGTERM` hands over.';

function cell(values: readonly number[]): string {
  const whole = (value: number): string => value.toFixed(0);
  return `${whole(median(values))} (${whole(Math.min(...values))}-${whole(Math.max(...values))}) ms`;
}

export function figuresTable(figures: Figures): string {
  const rows = [...figures].map(
    ([fault, { ours, reference }]) => `| ${fault} | ${cell(reference)} | ${cell(ours)} |`,
  );
  return ['| no service after | etcd | ours |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Into docs/benchmarks.md, in place of the figures of the last time. */
export function writeFigures(figures: Figures, command: string): void {
  const file = join(workspaceRoot(), 'docs', 'benchmarks.md');
  const before = readFileSync(file, 'utf8').split(HEADING)[0]?.trimEnd() ?? '';
  const facts = [
    `- ${cpus().length} processors, load average of the last five minutes ${loadavg()[1]?.toFixed(1)}`,
    `- command: \`${command}\``,
  ].join('\n');
  const parts = [before, HEADING, EXPLANATION, facts, figuresTable(figures)];
  writeFileSync(file, `${parts.join('\n\n')}\n`);
}

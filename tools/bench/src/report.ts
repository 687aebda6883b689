import { median } from '@etcd-ts/testkit';

import type { Group } from './group.js';
import type { BenchRecord, Row } from './record.js';
import { ratios } from './statistics.js';
import { figure, table, type Cells } from './table.js';
import { judge, TARGETS, type Verdict } from './targets.js';

/** Digits of a ratio: a count a hundred times faster still has some. */
const ratioText = (value: number): string =>
  Number.isFinite(value) ? `${value >= 0.1 ? value.toFixed(2) : value.toFixed(4)}x` : '';

/** Figures, their ratio (ours divided by etcd's within a round), and whatever details some row has. */
export function rowsTable(rows: readonly Row[]): string {
  const details = [...new Set(rows.flatMap((row) => Object.keys(row.details)))];
  return table(
    ['', 'etcd', 'ours', 'ours / etcd', 'spread', ...details.map((name) => `${name}: etcd / ours`)],
    rows.map((row) => rowCells(row, details)),
  );
}

function rowCells(row: Row, details: readonly string[]): Cells {
  const perRound = ratios(row.ours, row.reference);
  const detail = (name: string): string => {
    const sides = row.details[name];
    if (sides === undefined) return '';
    return `${figure(median(sides.reference))} / ${figure(median(sides.ours))}`;
  };
  const least = Math.min(...perRound);
  const most = Math.max(...perRound);
  return [
    `${row.name} (${row.unit})`,
    figure(median(row.reference)),
    figure(median(row.ours)),
    ratioText(median(perRound)),
    perRound.length > 1 ? `${ratioText(least)}-${ratioText(most)}` : '',
    ...details.map(detail),
  ];
}

const RULES = {
  ratioAtLeast: (value: number) => `at least ${value} times`,
  ratioAtMost: (value: number) => `at most ${value} times`,
  oursAtMost: (value: number) => `ours at most ${value}`,
} as const;

function verdictCells({ target, value, isMet }: Verdict): Cells {
  const { kind, value: limit } = target.rule;
  const is = value === undefined ? '' : kind === 'oursAtMost' ? figure(value) : ratioText(value);
  const met = isMet === undefined ? 'not measured' : isMet ? 'yes' : 'no';
  return [target.work, RULES[kind](limit), is, met];
}

export function targetsTable(record: BenchRecord): string {
  return table(
    ['work', 'target', 'is', 'met'],
    TARGETS.map((target) => verdictCells(judge(record, target))),
  );
}

/** For the terminal: what one group has just found out. */
export function groupText(group: Group, rows: readonly Row[]): string {
  return `${group.title}\n\n${rowsTable(rows)}\n`;
}

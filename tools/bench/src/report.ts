import type { ManyKeys } from './million-keys.js';
import type { Measurement } from './measurement.js';
import type { PacedLatency } from './paced-latency.js';
import { median, spread } from './statistics.js';

export interface Sides<T> {
  readonly ours: T;
  readonly reference: T;
}

export interface Figures {
  /** By workload, one measurement of each side per round, in the order of the rounds. */
  readonly workloads: ReadonlyMap<
    string,
    Sides<readonly Measurement[]> & { readonly unit: string }
  >;
  readonly paced: readonly Sides<PacedLatency>[];
  readonly manyKeys?: Sides<ManyKeys>;
}

type Row = readonly string[];

/** A Markdown table, its columns padded so that a terminal reads it, too. */
export function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, i) =>
    Math.max(...[head, ...rows].map((row) => (row[i] ?? '').length)),
  );
  const line = (row: Row): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
/** CPU of one side for a thousand units of work. */
const cpuMs = (runs: readonly Measurement[], of: (run: Measurement) => number): string =>
  median(runs.map((run) => (of(run) / run.units) * 1e6)).toFixed(1);

function throughputRow(
  name: string,
  { ours, reference, unit }: Sides<readonly Measurement[]> & { readonly unit: string },
): Row {
  // Neighbours in time are compared with each other: what slows the machine slows both.
  const ratios = ours.map(
    (run, round) => run.perSecond / (reference[round]?.perSecond ?? Number.NaN),
  );
  return [
    `${name} (${unit})`,
    count(median(reference.map(({ perSecond }) => perSecond))),
    count(median(ours.map(({ perSecond }) => perSecond))),
    `${median(ratios).toFixed(2)}x`,
    spread(ratios, 2),
    cpuMs(reference, (run) => run.serverCpuSeconds),
    cpuMs(ours, (run) => run.serverCpuSeconds),
    cpuMs(ours, (run) => run.generatorCpuSeconds),
  ];
}

export function throughputTable(figures: Figures): string {
  return table(
    ['workload', 'etcd', 'ours', 'ratio', 'spread', 'etcd CPU', 'our CPU', 'generator CPU'],
    [...figures.workloads].map(([name, sides]) => throughputRow(name, sides)),
  );
}

export function pacedTable(paced: readonly Sides<PacedLatency>[]): string {
  const cells = (side: PacedLatency): string =>
    `${count(side.achievedPerSecond)}/s: ${[side.p50Ms, side.p99Ms, side.p999Ms].map((ms) => ms.toFixed(1)).join(' / ')}`;
  return table(
    ['puts asked', 'etcd: achieved: p50 / p99 / p99.9 ms', 'ours: achieved: p50 / p99 / p99.9 ms'],
    paced.map(({ ours, reference }) => [
      `${count(reference.askedPerSecond)}/s`,
      cells(reference),
      cells(ours),
    ]),
  );
}

export function manyKeysTable({ ours, reference }: Sides<ManyKeys>): string {
  const row = (name: string, of: (side: ManyKeys) => number, print: (n: number) => string): Row => [
    name,
    print(of(reference)),
    print(of(ours)),
    `${(of(ours) / of(reference)).toFixed(2)}x`,
  ];
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  return table(
    [`${count(ours.keys)} keys`, 'etcd', 'ours', 'ours / etcd'],
    [
      row('load', (side) => side.loadSeconds, seconds),
      row('RSS after the load', (side) => side.residentBytes, mebibytes),
      row('data directory', (side) => side.diskBytes, mebibytes),
      row('restart until the first answer', (side) => side.restartSeconds, seconds),
      row('RSS after the restart', (side) => side.residentBytesAfterRestart, mebibytes),
      row(
        'count of a prefix of all',
        (side) => side.countMilliseconds,
        (ms) => `${ms.toFixed(1)} ms`,
      ),
    ],
  );
}

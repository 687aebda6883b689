import type { Sides } from './sides.js';

/** Where on a growth plot a row belongs. */
export interface GrowthPoint {
  readonly keys: number;
  readonly clients: number;
}

/** What was measured of one kind of work: one value of each side per round, in the order of the rounds. */
export interface Row extends Sides<readonly number[]> {
  readonly name: string;
  readonly unit: string;
  /** More about the same runs, by what it is and its unit ("p99 ms"). */
  readonly details: Readonly<Record<string, Sides<readonly number[]>>>;
  readonly at?: GrowthPoint;
}

/** One call of the program. */
export interface Run {
  readonly day: string;
  readonly command: string;
  readonly commit: string;
  /** Facts of the machine and its programs, one each. */
  readonly machine: readonly string[];
  /** Of the last minute before the run: above one, the figures of a two-core machine are hints. */
  readonly loadAverage: number;
}

export interface RecordedRow extends Row {
  /** Which run it is from: its key in `runs`. */
  readonly run: string;
}

/** All that is known, from which the document and the plots are made. */
export interface BenchRecord {
  readonly runs: Readonly<Record<string, Run>>;
  readonly groups: Readonly<Record<string, readonly RecordedRow[]>>;
}

export const EMPTY_RECORD: BenchRecord = { runs: {}, groups: {} };

/**
 * Puts rows of one group in the place of those of the same name; all other rows and groups stay, and
 * so do their runs. A run that no row is from any more is forgotten.
 */
export function merge(
  record: BenchRecord,
  group: string,
  rows: readonly Row[],
  run: Run,
): BenchRecord {
  const id = idOf(record, run);
  const fresh = new Map(rows.map((row) => [row.name, { ...row, run: id }]));
  const old = record.groups[group] ?? [];
  const kept = old.map((row) => fresh.get(row.name) ?? row);
  const names = new Set(old.map(({ name }) => name));
  const added = [...fresh.values()].filter(({ name }) => !names.has(name));
  const groups = { ...record.groups, [group]: [...kept, ...added] };
  return { runs: usedRuns({ ...record.runs, [id]: run }, groups), groups };
}

/** The groups of one call share its run. */
function idOf({ runs }: BenchRecord, run: Run): string {
  const text = JSON.stringify(run);
  const known = Object.entries(runs).find(([, other]) => JSON.stringify(other) === text);
  if (known !== undefined) return known[0];
  return String(1 + Math.max(0, ...Object.keys(runs).map(Number)));
}

function usedRuns(runs: BenchRecord['runs'], groups: BenchRecord['groups']): BenchRecord['runs'] {
  const used = new Set(
    Object.values(groups)
      .flat()
      .map(({ run }) => run),
  );
  return Object.fromEntries(Object.entries(runs).filter(([id]) => used.has(id)));
}

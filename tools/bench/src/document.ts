import type { Group } from './group.js';
import { growthTable } from './growth-table.js';
import type { Plot } from './growth-plots.js';
import type { BenchRecord, RecordedRow, Run } from './record.js';
import { rowsTable, targetsTable } from './report.js';

const INTRODUCTION =
  'Both servers run one after the other, round by round, on the same machine as the load generator, ' +
  'each on an empty directory of a real disk with fsync on and default flags. Work is done for a while ' +
  "before it is measured, on both sides. A figure only counts if the server's own counters agree with " +
  "it: revisions made, answers counted as OK, bytes of answers, log syncs. Ratios are ours divided by etcd's " +
  'within a round, and their median is shown; the spread is over the rounds. Latencies are from the ' +
  'sending of a request, except where a pace is kept. CPU is milliseconds for 1,000 answers.';

/** Theirs, which they have as a document of their own. */
const TITLE = /^# .*\n/u;

/** What `npm run cluster -- --figures --write` has put at the end of the document. */
const CLUSTER_HEADING = '\n## A cluster of three under faults';

/**
 * The whole document. `notes` are people's words on the targets: what is missed and why. The end of the
 * `last` document, which others write, stays.
 */
export function renderDocument(
  record: BenchRecord,
  groups: readonly Group[],
  plots: readonly Plot[],
  { notes, last }: { readonly notes: string; readonly last: string },
): string {
  const newest = Object.values(record.runs).at(-1);
  const parts = [
    '# Benchmarks',
    'Made by `npm run bench -- --write` from [benchmarks/results.json](benchmarks/results.json); do not edit by hand.',
    INTRODUCTION,
    (newest?.machine ?? []).map((fact) => `- ${fact}`).join('\n'),
    '## Targets',
    targetsTable(record),
    notes.replace(TITLE, '').trim(),
    ...groups.flatMap((group) => section(group, record, plots)),
    '## Runs',
    Object.entries(record.runs)
      .map(([id, run]) => runLine(id, run, newest))
      .join('\n'),
  ];
  const endAt = last.indexOf(CLUSTER_HEADING);
  return `${parts.filter((part) => part !== '').join('\n\n')}\n${endAt < 0 ? '' : last.slice(endAt)}`;
}

function section(group: Group, record: BenchRecord, plots: readonly Plot[]): readonly string[] {
  const rows = record.groups[group.name] ?? [];
  if (rows.length === 0) return [];
  const head = [`## ${group.title}`, `${group.about} ${fromRuns(rows)}`];
  const isPlotted = (row: RecordedRow): boolean => (row.at?.clients ?? 0) > 0;
  if (!rows.some(isPlotted)) return [...head, rowsTable(rows)];
  const pictures = plots.map(({ file, title }) => `![${title}](benchmarks/${file})`);
  const rest = rows.filter((row) => !isPlotted(row));
  return [...head, rowsTable(rest), ...pictures, growthTable(rows)];
}

function fromRuns(rows: readonly RecordedRow[]): string {
  const runs = [...new Set(rows.map(({ run }) => run))];
  return `(Run ${runs.join(', ')}.)`;
}

function runLine(id: string, run: Run, newest: Run | undefined): string {
  const elsewhere =
    JSON.stringify(run.machine) === JSON.stringify(newest?.machine)
      ? ''
      : `, on: ${run.machine.join('; ')}`;
  const load = `load average before ${run.loadAverage.toFixed(1)}`;
  return `- Run ${id}: \`${run.command}\` on ${run.day} at commit ${run.commit.slice(0, 12)}, ${load}${elsewhere}`;
}

import { manyKeysTable, pacedTable, throughputTable, type Figures } from './report.js';

/** The figures as the terminal and the document show them. */
export function renderFigures(figures: Figures): string {
  const parts = [throughputTable(figures)];
  if (figures.paced.length > 0) parts.push(pacedTable(figures.paced));
  if (figures.manyKeys !== undefined) parts.push(manyKeysTable(figures.manyKeys));
  return parts.join('\n\n');
}

export function renderDocument(
  figures: Figures,
  machine: readonly string[],
  command: string,
): string {
  const parts = [
    '# Benchmarks',
    'Written by `npm run bench -- --write`; do not edit by hand.',
    `Both servers run one after the other, round by round, on the same machine as the load generator, each on an empty directory of a real disk with fsync on. A figure only counts if the server's own counters agree with it: revisions made, answers counted as OK, bytes of answers, log syncs. The ratio is ours divided by etcd's within a round; the spread is over the rounds. CPU is milliseconds per 1,000 units of work.`,
    machine.map((fact) => `- ${fact}`).join('\n') + `\n- command: \`${command}\``,
    '## Throughput, closed loop',
    throughputTable(figures),
  ];
  if (figures.paced.length > 0) {
    parts.push('## Latency of puts at a fixed pace', pacedTable(figures.paced));
  }
  if (figures.manyKeys !== undefined) {
    parts.push('## Many keys of 64 bytes with values of 256', manyKeysTable(figures.manyKeys));
  }
  return `${parts.join('\n\n')}\n`;
}

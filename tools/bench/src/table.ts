export type Cells = readonly string[];

/** The least that makes a row of dashes a rule. */
const RULE = '---';

/** A Markdown table, its columns padded so that a terminal reads it, too. */
export function table(head: Cells, rows: readonly Cells[]): string {
  const widths = head.map((_, i) =>
    Math.max(RULE.length, ...[head, ...rows].map((row) => (row[i] ?? '').length)),
  );
  const line = (row: Cells): string =>
    `| ${head.map((_, i) => (row[i] ?? '').padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** As many digits as say something, thousands in groups. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

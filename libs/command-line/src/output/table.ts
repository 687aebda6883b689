export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A box: headers upper-cased and centred, cells to the right. */
export function renderTable({ header, rows }: Table): string {
  const titles = header.map((title) => title.toUpperCase());
  const widths = titles.map((title, column) =>
    Math.max(width(title), ...rows.map((row) => width(row[column] ?? ''))),
  );
  const rule = (left: string, cross: string, right: string): string =>
    `${left}${widths.map((columns) => '─'.repeat(columns + 2)).join(cross)}${right}\n`;
  const line = (cells: readonly string[]): string =>
    `│${cells.map((cell) => ` ${cell} `).join('│')}│\n`;
  return [
    rule('┌', '┬', '┐'),
    line(titles.map((title, column) => centred(title, widths[column] ?? 0))),
    rule('├', '┼', '┤'),
    ...rows.map((row) => line(widths.map((columns, i) => (row[i] ?? '').padStart(columns)))),
    rule('└', '┴', '┘'),
  ].join('');
}

const width = (text: string): number => [...text].length;

function centred(text: string, columns: number): string {
  const space = columns - width(text);
  const left = Math.floor(space / 2);
  return ' '.repeat(left) + text + ' '.repeat(space - left);
}

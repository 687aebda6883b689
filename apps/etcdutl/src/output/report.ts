import { ExitCode, ExitError } from '../exit-error.js';

/** One row of facts, in whichever form is asked for. */
export interface Report {
  readonly columns: readonly (readonly [title: string, cell: string])[];
  readonly fields: readonly (readonly [name: string, value: string | number])[];
  /** Keys in the order of the original's struct. */
  readonly json: Readonly<Record<string, string | number>>;
}

/** Throws ExitError when there is no such form. */
export function formatReport({ columns, fields, json }: Report, format: string): string {
  switch (format) {
    case 'simple':
      return `${columns.map(([, cell]) => cell).join(', ')}\n`;
    case 'fields':
      return fields.map(([name, value]) => `"${name}" : ${value}\n`).join('');
    case 'json':
      return `${JSON.stringify(json)}\n`;
    case 'table':
      return table(columns);
    case 'protobuf':
      throw new ExitError('protobuf not supported as output format', ExitCode.badFeature);
    default:
      throw new ExitError('unsupported output format', ExitCode.badFeature);
  }
}

function table(columns: Report['columns']): string {
  const widths = columns.map(([title, cell]) => Math.max(title.length, cell.length));
  const rule = (left: string, cross: string, right: string): string =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(cross)}${right}\n`;
  const line = (cells: readonly string[]): string =>
    `│${cells.map((cell) => ` ${cell} `).join('│')}│\n`;
  return [
    rule('┌', '┬', '┐'),
    line(columns.map(([title], i) => centred(title.toUpperCase(), widths[i] ?? 0))),
    rule('├', '┼', '┤'),
    line(columns.map(([, cell], i) => cell.padStart(widths[i] ?? 0))),
    rule('└', '┴', '┘'),
  ].join('');
}

function centred(text: string, columns: number): string {
  const left = Math.floor((columns - text.length) / 2);
  return text.padStart(left + text.length).padEnd(columns);
}

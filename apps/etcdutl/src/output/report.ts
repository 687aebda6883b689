import { badFeature, renderTable } from '@etcd-ts/command-line';

/** One row of facts, in whichever form is asked for. */
export interface Report {
  readonly columns: readonly (readonly [title: string, cell: string])[];
  readonly fields: readonly (readonly [name: string, value: string | number])[];
  /** Keys in the order of the original's struct. */
  readonly json: Readonly<Record<string, string | number>>;
}

/** Throws ExitError when there is no such form. */
export const formatReport = (report: Report, format: string): Uint8Array =>
  Buffer.from(textOf(report, format));

function textOf({ columns, fields, json }: Report, format: string): string {
  switch (format) {
    case 'simple':
      return `${columns.map(([, cell]) => cell).join(', ')}\n`;
    case 'fields':
      return fields.map(([name, value]) => `"${name}" : ${value}\n`).join('');
    case 'json':
      return `${JSON.stringify(json)}\n`;
    case 'table':
      return renderTable({
        header: columns.map(([title]) => title),
        rows: [columns.map(([, cell]) => cell)],
      });
    case 'protobuf':
      throw badFeature('protobuf not supported as output format');
    default:
      throw badFeature('unsupported output format');
  }
}

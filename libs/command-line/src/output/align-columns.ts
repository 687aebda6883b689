const TAB_COLUMNS = 8;

/**
 * Cells parted by tabs, filled up with tabs so that the next cell begins at the same stop in all
 * lines (Go's text/tabwriter with tab padding). The last cell of a line is not part of a column.
 */
export function alignColumns(lines: readonly string[]): string {
  const rows = lines.map((line) => line.split('\t'));
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.slice(0, -1).entries()) {
      const columns = Math.ceil((cell.length + 1) / TAB_COLUMNS) * TAB_COLUMNS;
      widths[column] = Math.max(widths[column] ?? 0, columns);
    }
  }
  return rows.map((row) => `${alignRow(row, widths)}\n`).join('');
}

function alignRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => {
      if (column === row.length - 1) return cell;
      const missing = (widths[column] ?? TAB_COLUMNS) - cell.length;
      return cell + '\t'.repeat(Math.ceil(missing / TAB_COLUMNS));
    })
    .join('');
}

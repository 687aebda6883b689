import type { Cell, Outcome } from './cell.js';

interface Row {
  readonly cell: Cell;
  runs: number;
  voids: number;
  broken: number;
  operations: number;
  effects: number;
}

/** What came of all runs, by cell. */
export class Tally {
  readonly #rows = new Map<string, Row>();

  add(cell: Cell, outcome: Outcome): void {
    const key = `${cell.fault.row} ${cell.fault.name} ${cell.workload}`;
    const fresh = { cell, runs: 0, voids: 0, broken: 0, operations: 0, effects: 0 };
    const row = this.#rows.get(key) ?? fresh;
    this.#rows.set(key, row);
    row.runs++;
    if (outcome.kind !== 'broken') row.operations += outcome.operations;
    if (outcome.kind === 'kept') row.effects++;
    else if (outcome.kind === 'void') row.voids++;
    else row.broken++;
  }

  get broken(): number {
    return [...this.#rows.values()].reduce((sum, row) => sum + row.broken, 0);
  }

  /** Rows for docs/reliability.md: one a cell. */
  table(command: string): string {
    const rows = [...this.#rows].sort(([a], [b]) => (a < b ? -1 : 1));
    const lines = rows.map(
      ([, { cell, runs, voids, broken, operations, effects }]) =>
        `| ${cell.fault.row} | ${cell.fault.name} | ${cell.workload} | ${runs} | ${voids} | ` +
        `${operations} | ${effects} | ${broken} |`,
    );
    return [
      `\`${command}\``,
      '',
      '| row | fault | workload | runs | of them void | operations judged | took effect | violations |',
      '| --- | --- | --- | --- | --- | --- | --- | --- |',
      ...lines,
      '',
    ].join('\n');
  }

  summary(): string {
    const rows = [...this.#rows.values()];
    const sum = (of: (row: Row) => number): number => rows.reduce((all, row) => all + of(row), 0);
    return (
      `${sum(({ runs }) => runs)} runs in ${rows.length} cells, ${sum(({ voids }) => voids)} void, ` +
      `${sum(({ operations }) => operations)} operations judged, ` +
      `${sum(({ effects }) => effects)} faults took effect, ${this.broken} violations`
    );
  }
}

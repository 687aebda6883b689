import { median } from '@etcd-ts/testkit';

import type { Row } from './record.js';
import { figure, table } from './table.js';

/** The work of a growth row without the clients and keys that are its place: "put, 10 clients, ..." */
export function workOf({ name }: Row): string {
  if (name.startsWith('watch fan-out')) return 'watch fan-out';
  return name.replace(/, (\d+ clients, )?\d+ keys$/u, '');
}

const ascending = (values: readonly number[]): readonly number[] =>
  [...new Set(values)].sort((a, b) => a - b);

export function placesOf(rows: readonly Row[]): {
  readonly keys: readonly number[];
  readonly clients: readonly number[];
} {
  const places = rows.flatMap(({ at }) => (at === undefined ? [] : [at]));
  const asked = places.filter(({ clients }) => clients > 0);
  return {
    keys: ascending(places.map(({ keys }) => keys)),
    clients: ascending(asked.map(({ clients }) => clients)),
  };
}

/** Work and store by row, clients by column: "etcd / ours" in each place. */
export function growthTable(rows: readonly Row[]): string {
  const { clients } = placesOf(rows);
  const asked = rows.filter(({ at }) => (at?.clients ?? 0) > 0);
  const lines = new Map<string, Map<number, Row>>();
  for (const row of asked) {
    const line = `${workOf(row)}, ${figure(row.at?.keys ?? 0)} keys (${row.unit})`;
    const places = lines.get(line) ?? new Map<number, Row>();
    lines.set(line, places);
    places.set(row.at?.clients ?? 0, row);
  }
  const cell = (row: Row | undefined): string =>
    row === undefined ? '' : `${figure(median(row.reference))} / ${figure(median(row.ours))}`;
  return table(
    ['etcd / ours', ...clients.map((count) => `${count} clients`)],
    [...lines].map(([line, places]) => [line, ...clients.map((count) => cell(places.get(count)))]),
  );
}

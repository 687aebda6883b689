import { median } from '@etcd-ts/testkit';

import { placesOf, workOf } from './growth-table.js';
import { renderPanels, type Panel, type Point, type Series } from './plot/panels.js';
import type { Row } from './record.js';
import type { Sides } from './sides.js';

/** A picture beside the record. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** Told apart on white and on black, and by those who see no red. */
const COLORS: Sides<string> = { reference: '#d9822b', ours: '#2b83d9' };
const NAMES: Sides<string> = { reference: 'etcd 3.4', ours: 'ours' };
/** The column of the table that the plots over keys are of. */
const CLIENTS_OVER_KEYS = 100;

/** All plots that the rows of the group "growth" can fill. */
export function growthPlots(rows: readonly Row[]): readonly Plot[] {
  const { keys, clients } = placesOf(rows);
  const largest = keys.at(-1);
  if (largest === undefined) return [];
  const middle = clients.includes(CLIENTS_OVER_KEYS) ? CLIENTS_OVER_KEYS : clients.at(-1);
  const overClients = rows.filter(({ at }) => at?.keys === largest && at.clients > 0);
  const overKeys = rows.filter(({ at }) => at?.clients === middle || at?.clients === 0);
  const count = largest.toLocaleString('en-US');
  return [
    plot(
      'growth-by-clients.svg',
      `By clients, ${count} keys`,
      overClients,
      byClients,
      ({ unit }) => unit,
    ),
    plot(
      'growth-by-keys.svg',
      `By keys, ${middle ?? 0} clients`,
      overKeys,
      byKeys,
      ({ unit }) => unit,
    ),
    latencyPlot(`Latency p99 by clients, ${count} keys`, overClients),
  ].filter(({ svg }) => svg !== '');
}

const byClients = { label: 'clients', of: ({ at }: Row): number => at?.clients ?? 0 };
const byKeys = { label: 'keys', of: ({ at }: Row): number => at?.keys ?? 0 };

function latencyPlot(title: string, rows: readonly Row[]): Plot {
  const ofLatency = rows.flatMap((row) => {
    const sides = row.details['p99 ms'];
    return sides === undefined ? [] : [{ ...row, ...sides }];
  });
  return plot('latency-by-clients.svg', title, ofLatency, byClients, () => 'p99, ms');
}

function plot(
  file: string,
  title: string,
  rows: readonly Row[],
  axis: { readonly label: string; readonly of: (row: Row) => number },
  yLabel: (row: Row) => string,
): Plot {
  const works = new Map<string, Row[]>();
  for (const row of rows) works.set(workOf(row), [...(works.get(workOf(row)) ?? []), row]);
  const panels = [...works].flatMap(([work, its]): readonly Panel[] => {
    const [first] = its;
    if (first === undefined) return [];
    const series = (['reference', 'ours'] as const).map((flavour): Series => ({
      name: NAMES[flavour],
      color: COLORS[flavour],
      points: its.map((row): Point => ({ x: axis.of(row), y: median(row[flavour]) })),
    }));
    return [{ title: work, xLabel: axis.label, yLabel: yLabel(first), series }];
  });
  return { file, title, svg: panels.length === 0 ? '' : renderPanels(title, panels) };
}

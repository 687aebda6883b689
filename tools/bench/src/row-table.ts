import type { Flavour } from '@etcd-ts/testkit';

import type { Measurement } from './measurement.js';
import type { GrowthPoint, Row } from './record.js';
import type { Latency } from './statistics.js';

type Values = Record<Flavour, number[]>;

interface Growing extends Values {
  readonly unit: string;
  readonly details: Map<string, Values>;
  readonly at: GrowthPoint | undefined;
}

/** No clock here is as precise as a float prints. */
const rounded = (value: number): number => Number(value.toPrecision(6));

/** What a group adds a value to, side after side and round after round. */
export class RowTable {
  readonly #rows = new Map<string, Growing>();

  add(
    name: string,
    unit: string,
    flavour: Flavour,
    value: number,
    details: Readonly<Record<string, number>> = {},
    at?: GrowthPoint,
  ): void {
    const row: Growing = this.#rows.get(name) ?? {
      unit,
      details: new Map(),
      at,
      ours: [],
      reference: [],
    };
    this.#rows.set(name, row);
    row[flavour].push(rounded(value));
    for (const [what, detail] of Object.entries(details)) {
      const values: Values = row.details.get(what) ?? { ours: [], reference: [] };
      row.details.set(what, values);
      values[flavour].push(rounded(detail));
    }
  }

  rows(): readonly Row[] {
    return [...this.#rows].map(([name, { unit, details, at, ours, reference }]) => ({
      ...{ name, unit, reference, ours, details: Object.fromEntries(details) },
      ...(at === undefined ? {} : { at }),
    }));
  }
}

export function latencyDetails(latency: Latency): Readonly<Record<string, number>> {
  return { 'p50 ms': latency.p50Ms, 'p99 ms': latency.p99Ms };
}

/** CPU is what a thousand units of work cost. */
export function detailsOf(measurement: Measurement): Readonly<Record<string, number>> {
  const { latency, units, serverCpuSeconds, generatorCpuSeconds } = measurement;
  const perThousandMs = (seconds: number): number => (seconds / units) * 1e6;
  return {
    ...(latency === undefined ? {} : latencyDetails(latency)),
    'CPU ms': perThousandMs(serverCpuSeconds),
    'generator CPU ms': perThousandMs(generatorCpuSeconds),
  };
}

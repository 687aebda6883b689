import type { MetricType } from 'prom-client';
import { formatBound } from './buckets.js';
import type { Family, Series } from './family.js';
import type { Histogram } from './instruments.js';

type Labels = Readonly<Record<string, string>>;

/** What lines one series has, and where their values come from; both in the same order. */
export interface Shape<Instrument> {
  readonly lines: readonly { readonly suffix: string; readonly labels: Labels }[];
  values(instrument: Instrument): readonly number[];
}

export const SCALAR_SHAPE: Shape<{ readonly value: number }> = {
  lines: [{ suffix: '', labels: {} }],
  values: (instrument) => [instrument.value],
};

export function histogramShape(bounds: readonly number[]): Shape<Histogram> {
  const buckets = [...bounds, Infinity].map((bound) => ({
    suffix: '_bucket',
    labels: { le: formatBound(bound) },
  }));
  return {
    lines: [...buckets, { suffix: '_sum', labels: {} }, { suffix: '_count', labels: {} }],
    values: (histogram) => {
      const cumulated = histogram.cumulated();
      return [...cumulated, histogram.sum, cumulated.at(-1) ?? 0];
    },
  };
}

/**
 * A metric as a prom-client registry holds it. The text is written here as well, because a node
 * has thousands of series and prom-client spells every label of each at every scrape, some 10 ms
 * on end; here a series is spelled once.
 */
export class RegisteredMetric<Instrument> {
  readonly name: string;
  readonly help: string;
  readonly type: `${MetricType}`;
  readonly aggregator = 'sum';
  readonly #family: Family<Instrument>;
  readonly #shape: Shape<Instrument>;
  readonly #collect: (() => void) | undefined;
  readonly #spelled = new WeakMap<Labels, readonly string[]>();

  constructor(
    name: string,
    help: string,
    type: `${MetricType}`,
    family: Family<Instrument>,
    shape: Shape<Instrument>,
    collect: (() => void) | undefined,
  ) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#family = family;
    this.#shape = shape;
    this.#collect = collect;
  }

  text(): string {
    this.#collect?.();
    let text = `# HELP ${this.name} ${this.help}\n# TYPE ${this.name} ${this.type}\n`;
    for (const series of this.#family.series()) {
      const values = this.#shape.values(series.instrument);
      this.#spell(series).forEach((line, i) => (text += line + spellValue(values[i] ?? 0)));
    }
    return text;
  }

  /** For what reads the registry's objects. */
  get(): Promise<object> {
    this.#collect?.();
    const values: object[] = [];
    for (const series of this.#family.series()) {
      const numbers = this.#shape.values(series.instrument);
      this.#shape.lines.forEach(({ suffix, labels }, i) =>
        values.push({
          metricName: this.name + suffix,
          labels: { ...series.labels, ...labels },
          value: numbers[i] ?? 0,
        }),
      );
    }
    const { name, help, type, aggregator } = this;
    return Promise.resolve({ name, help, type, aggregator, values });
  }

  /** A registry's `resetMetrics` is for tests of its own metrics; a node's never go back. */
  reset(): void {}

  #spell(series: Series<Instrument>): readonly string[] {
    const known = this.#spelled.get(series.labels);
    if (known !== undefined) return known;
    const lines = this.#shape.lines.map(
      ({ suffix, labels }) => this.name + suffix + spellLabels({ ...series.labels, ...labels }),
    );
    this.#spelled.set(series.labels, lines);
    return lines;
  }
}

function spellLabels(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return parts.length === 0 ? ' ' : `{${parts.join(',')}} `;
}

const escape = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function spellValue(value: number): string {
  if (Number.isFinite(value)) return `${value}\n`;
  if (Number.isNaN(value)) return 'NaN\n';
  return value > 0 ? '+Inf\n' : '-Inf\n';
}

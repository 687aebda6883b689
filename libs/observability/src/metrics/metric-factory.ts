import type { Metric, MetricType, Registry } from 'prom-client';
import { formatBound } from './buckets.js';
import { Family } from './family.js';
import { Counter, Gauge, Histogram } from './instruments.js';

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NO_LABELS: readonly string[] = [];

/**
 * Makes instruments and puts them under their names into one prom-client registry. A `collect`
 * is called before a scrape reads the value, for what is cheaper to look up than to keep.
 */
export class MetricFactory {
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(name: string, help: string, collect?: (counter: Counter) => void): Counter {
    const counter = new Counter();
    const family = new Family(NO_LABELS, () => counter);
    this.#register(name, help, 'counter', family, scalarSamples, () => collect?.(counter));
    return family.with();
  }

  gauge(name: string, help: string, collect?: (gauge: Gauge) => void): Gauge {
    const gauge = new Gauge();
    const family = new Family(NO_LABELS, () => gauge);
    this.#register(name, help, 'gauge', family, scalarSamples, () => collect?.(gauge));
    return family.with();
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.histograms(name, help, NO_LABELS, bounds).with();
  }

  counters(name: string, help: string, labels: readonly string[]): Family<Counter> {
    const family = new Family(labels, () => new Counter());
    this.#register(name, help, 'counter', family, scalarSamples);
    return family;
  }

  gauges(name: string, help: string, labels: readonly string[]): Family<Gauge> {
    const family = new Family(labels, () => new Gauge());
    this.#register(name, help, 'gauge', family, scalarSamples);
    return family;
  }

  histograms(
    name: string,
    help: string,
    labels: readonly string[],
    bounds: readonly number[],
  ): Family<Histogram> {
    const family = new Family(labels, () => new Histogram(bounds));
    this.#register(name, help, 'histogram', family, (histogram, labels) =>
      histogramSamples(name, histogram, labels),
    );
    return family;
  }

  #register<Instrument>(
    name: string,
    help: string,
    type: `${MetricType}`,
    family: Family<Instrument>,
    samplesOf: (
      instrument: Instrument,
      labels: Readonly<Record<string, string>>,
    ) => readonly Sample[],
    collect?: () => void,
  ): void {
    const metric = {
      name,
      help,
      type,
      aggregator: 'sum',
      get: () => {
        collect?.();
        const values: Sample[] = [];
        for (const { labels, instrument } of family.series()) {
          values.push(...samplesOf(instrument, named(family.labelNames, labels)));
        }
        return Promise.resolve({ name, help, type, aggregator: 'sum', values });
      },
      reset: () => undefined,
    };
    // The registry calls only `get` (and `name`) of what it holds, but its type wants one of its
    // own four classes, whose private halves are what makes them slow.
    this.#registry.registerMetric(metric as unknown as Metric);
  }
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  names.forEach((name, i) => (labels[name] = values[i] ?? ''));
  return labels;
}

function scalarSamples(
  instrument: { readonly value: number },
  labels: Readonly<Record<string, string>>,
): readonly Sample[] {
  return [{ labels, value: instrument.value }];
}

function histogramSamples(
  name: string,
  histogram: Histogram,
  labels: Readonly<Record<string, string>>,
): readonly Sample[] {
  const cumulated = histogram.cumulated();
  const samples: Sample[] = cumulated.map((value, i) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le: formatBound(histogram.bounds[i] ?? Infinity) },
    value,
  }));
  samples.push({ metricName: `${name}_sum`, labels, value: histogram.sum });
  samples.push({ metricName: `${name}_count`, labels, value: cumulated.at(-1) ?? 0 });
  return samples;
}

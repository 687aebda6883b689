import type { Metric, MetricType, Registry } from 'prom-client';
import { Family } from './family.js';
import { Counter, Gauge, Histogram } from './instruments.js';
import { histogramShape, RegisteredMetric, SCALAR_SHAPE } from './registered-metric.js';
import type { Shape } from './registered-metric.js';

const NO_LABELS: readonly string[] = [];

/**
 * Makes instruments and puts them under their names into one prom-client registry. A `collect`
 * is called before a scrape reads the value, for what is cheaper to look up than to keep.
 */
export class MetricFactory {
  readonly #registry: Registry;
  readonly #made = new Map<string, { text(): string }>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(name: string, help: string, collect?: (counter: Counter) => void): Counter {
    const counter = new Counter();
    const family = new Family(NO_LABELS, () => counter);
    this.#register(name, help, 'counter', family, SCALAR_SHAPE, () => collect?.(counter));
    return family.with();
  }

  gauge(name: string, help: string, collect?: (gauge: Gauge) => void): Gauge {
    const gauge = new Gauge();
    const family = new Family(NO_LABELS, () => gauge);
    this.#register(name, help, 'gauge', family, SCALAR_SHAPE, () => collect?.(gauge));
    return family.with();
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    return this.histograms(name, help, NO_LABELS, bounds).with();
  }

  counters(name: string, help: string, labels: readonly string[]): Family<Counter> {
    const family = new Family(labels, () => new Counter());
    this.#register(name, help, 'counter', family, SCALAR_SHAPE);
    return family;
  }

  gauges(name: string, help: string, labels: readonly string[]): Family<Gauge> {
    const family = new Family(labels, () => new Gauge());
    this.#register(name, help, 'gauge', family, SCALAR_SHAPE);
    return family;
  }

  histograms(
    name: string,
    help: string,
    labels: readonly string[],
    bounds: readonly number[],
  ): Family<Histogram> {
    const family = new Family(labels, () => new Histogram(bounds));
    this.#register(name, help, 'histogram', family, histogramShape(bounds));
    return family;
  }

  /** The text of all metrics made here, each ending in a line feed. */
  text(): string {
    let text = '';
    for (const metric of this.#made.values()) text += metric.text();
    return text;
  }

  owns(name: string): boolean {
    return this.#made.has(name);
  }

  #register<Instrument>(
    name: string,
    help: string,
    type: `${MetricType}`,
    family: Family<Instrument>,
    shape: Shape<Instrument>,
    collect?: () => void,
  ): void {
    const metric = new RegisteredMetric(name, help, type, family, shape, collect);
    this.#made.set(name, metric);
    // The registry calls only `get` and `reset` of what it holds, but its type wants one of its
    // own four classes, whose private halves are what makes them slow.
    this.#registry.registerMetric(metric as unknown as Metric);
  }
}

import type { Registry } from 'prom-client';
import type { MetricFactory } from './metric-factory.js';

export interface Scrape {
  readonly contentType: string;
  readonly text: string;
}

/** What a GET of /metrics answers, counted as Go's handler counts itself. */
export class MetricsPage {
  readonly #make: MetricFactory;
  readonly #registry: Registry;
  readonly #inFlight;
  readonly #ok;
  readonly #failed;

  constructor(make: MetricFactory, registry: Registry) {
    this.#make = make;
    this.#registry = registry;
    this.#inFlight = make.gauge('promhttp_metric_handler_requests_in_flight', 'Scrapes under way.');
    const requests = make.counters(
      'promhttp_metric_handler_requests_total',
      'Scrapes by status code.',
      ['code'],
    );
    this.#ok = requests.with('200');
    this.#failed = requests.with('500');
    requests.with('503');
  }

  async scrape(): Promise<Scrape> {
    this.#inFlight.inc();
    try {
      let text = this.#make.text();
      for (const { name } of this.#registry.getMetricsAsArray()) {
        if (!this.#make.owns(name))
          text += `${await this.#registry.getSingleMetricAsString(name)}\n`;
      }
      this.#ok.inc();
      return { contentType: this.#registry.contentType, text };
    } catch (error) {
      this.#failed.inc();
      throw error;
    } finally {
      this.#inFlight.dec();
    }
  }
}

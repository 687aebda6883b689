import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

export type Endpoint = 'new' | 'token' | 'health';

export interface MetricSources {
  readonly polls: () => number;
  readonly tokens: () => number | undefined;
}

/** The first three are those of the original discovery service, label for label. */
export class DiscoveryMetrics {
  readonly #registry = new Registry();
  readonly #requests: Readonly<Record<Endpoint, Counter<'code' | 'method'>>>;
  readonly #rejected: Counter<'reason'>;
  readonly #members: Counter<'event'>;

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    const requests = (endpoint: Endpoint) =>
      new Counter({
        name: `endpoint_${endpoint}_requests_total`,
        help: `How many /${endpoint} requests processed, partitioned by status code and HTTP method.`,
        labelNames: ['code', 'method'],
        registers,
      });
    this.#requests = {
      new: requests('new'),
      token: requests('token'),
      health: requests('health'),
    };
    this.#rejected = new Counter({
      name: 'discovery_rejected_requests_total',
      help: 'Requests turned away by a limit, by its name.',
      labelNames: ['reason'],
      registers,
    });
    this.#members = new Counter({
      name: 'discovery_members_total',
      help: 'Registrations and removals of members.',
      labelNames: ['event'],
      registers,
    });
    new Gauge({
      name: 'discovery_long_polls',
      help: 'Members that wait for others now.',
      registers,
      collect() {
        this.set(sources.polls());
      },
    });
    new Gauge({
      name: 'discovery_tokens',
      help: 'Tokens in the embedded storage.',
      registers,
      collect() {
        this.set(sources.tokens() ?? 0);
      },
    });
  }

  answered(endpoint: Endpoint, code: number, method: string): void {
    this.#requests[endpoint].inc({ code: String(code), method: method.toLowerCase() });
  }

  rejected(reason: 'rate' | 'polls' | 'tokens' | 'storage'): void {
    this.#rejected.inc({ reason });
  }

  member(event: 'registered' | 'removed'): void {
    this.#members.inc({ event });
  }

  async page(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { PublishedMember } from './published-zone.js';

const COUNTED_TYPES: ReadonlySet<string> = new Set(['SRV', 'A', 'AAAA', 'SOA', 'NS', 'ANY']);

export class PublishMetrics {
  readonly #registry = new Registry();
  readonly #queries: Counter<'type'>;
  readonly #surveys: Counter<'result'>;
  readonly #members: Gauge<'state'>;

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#queries = new Counter({
      name: 'etcd_srv_dns_queries_total',
      help: 'Questions by type.',
      labelNames: ['type'],
      registers,
    });
    this.#surveys = new Counter({
      name: 'etcd_srv_surveys_total',
      help: 'Looks at the members, by whether the cluster could be seen.',
      labelNames: ['result'],
      registers,
    });
    this.#members = new Gauge({
      name: 'etcd_srv_members',
      help: 'Members of the cluster by state: serving, down, or not started yet.',
      labelNames: ['state'],
      registers,
    });
  }

  /** Whoever asks chooses the type, so that only some have a series of their own. */
  asked(type: string): void {
    this.#queries.inc({ type: COUNTED_TYPES.has(type) ? type : 'other' });
  }

  surveyed(result: 'success' | 'failure'): void {
    this.#surveys.inc({ result });
  }

  members(members: readonly PublishedMember[]): void {
    const count = { serving: 0, down: 0, unstarted: 0 };
    for (const { isServing, name } of members) {
      count[isServing ? 'serving' : name === '' ? 'unstarted' : 'down']++;
    }
    for (const [state, number] of Object.entries(count)) this.#members.set({ state }, number);
  }

  async page(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

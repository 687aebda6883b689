import type { HistoryEntry, HistoryRecorder, WatchRecord } from '@etcd-ts/checker';
import type { Rng } from '@etcd-ts/foundation';

import { Administrator, originOf } from '../clients/administrator.js';
import { SimulatedClient } from '../clients/client.js';
import type { Endpoint } from '../clients/client.js';
import type { Answer } from '../clients/execution.js';
import { HASTY_WATCHERS, WatchingClient } from '../clients/watcher.js';
import type { EventQueue } from '../time/event-queue.js';
import type { Plan } from './plan.js';
import { createWorkload, PREFIXES } from './workloads.js';

export interface CrowdParts {
  readonly plan: Plan;
  readonly queue: EventQueue;
  /** One stream of chance for each purpose. */
  readonly rng: (purpose: number) => Rng;
  readonly recorder: HistoryRecorder;
  readonly endpoints: () => readonly Endpoint[];
  readonly newestRevision: () => number;
  readonly compactedRevision: () => number;
  /** See WatchingClient. */
  readonly forgottenRevision: () => number;
  readonly ended: (entry: HistoryEntry, answer: Answer) => void;
}

/** Everybody who uses the cluster: clients, watchers, and whoever administers users and roles. */
export class Crowd {
  readonly #clients: readonly SimulatedClient[];
  readonly #watchers: readonly WatchingClient[];
  readonly #administrator: Administrator | undefined;

  constructor(parts: CrowdParts) {
    const { plan, queue, rng, endpoints } = parts;
    const habits = plan.era?.watchers ?? HASTY_WATCHERS;
    this.#clients = clientsOf(parts);
    this.#watchers = Array.from(
      { length: plan.watchers },
      (_, id) =>
        new WatchingClient({ ...parts, id, rng: rng(2000 + id), prefixes: PREFIXES, habits }),
    );
    const everyMs = plan.administerEveryMs;
    if (everyMs > 0) {
      const administration = { queue, rng: rng(5), endpoints, prefixes: PREFIXES, everyMs };
      this.#administrator = new Administrator(administration);
    }
  }

  /** What the watchers were told. */
  get records(): readonly WatchRecord[] {
    return this.#watchers.flatMap((watcher) => watcher.records);
  }

  /** No request is under way. */
  get isIdle(): boolean {
    return this.#clients.every(({ isIdle }) => isIdle);
  }

  /** See WatchingClient. Undefined: one of them has not heard everything. */
  takeRecords(revision: number): readonly WatchRecord[] | undefined {
    if (!this.#watchers.every(({ isConnected }) => isConnected)) return undefined;
    return this.#watchers.flatMap((watcher) => watcher.takeRecords(revision) ?? []);
  }

  /** No request is under way, and none will be. */
  get isDone(): boolean {
    return this.#clients.every(({ isDone }) => isDone);
  }

  start(): void {
    for (const client of this.#clients) client.start();
    for (const watcher of this.#watchers) watcher.start();
    this.#administrator?.start();
  }

  /** No new requests. Watchers go on. */
  stop(): void {
    for (const client of this.#clients) client.stop();
    this.#administrator?.stop();
  }

  /** See WatchingClient: those that stay connected until the end have to get everything up to `revision`. */
  owe(revision: number): void {
    for (const watcher of this.#watchers) watcher.owe(revision);
  }

  finish(): void {
    for (const watcher of this.#watchers) watcher.finish();
  }
}

function clientsOf(parts: CrowdParts): readonly SimulatedClient[] {
  const { plan, rng } = parts;
  const { clients, workloads, thinkMs, pinnedShare, lulls, administerEveryMs } = plan;
  const made = workloads.map((kind) => createWorkload(kind, plan.era?.leaseTtlSeconds));
  return Array.from(
    { length: clients },
    (_, id) =>
      new SimulatedClient({
        ...parts,
        id,
        rng: rng(1000 + id),
        workload: made[id % made.length] as (typeof made)[number],
        thinkMs,
        pinnedShare,
        lulls,
        origin: administerEveryMs > 0 ? originOf(id) : undefined,
        maxOperations: plan.operationsPerClient,
      }),
  );
}

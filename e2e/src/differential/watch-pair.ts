import { isDeepStrictEqual } from 'node:util';

import type { Rng } from '@etcd-ts/foundation';
import { pause, type RpcClient } from '@etcd-ts/testkit';
import { WatchCreateRequest, type WatchRequest } from '@etcd-ts/wire-protocol';

import type { Journal, Tally } from './journal.js';
import type { Timeline } from './timeline.js';
import { anyRange, chance, pick } from './universe.js';
import { WatchLog } from './watch-log.js';

const SETTLE_TIMEOUT_MS = 60_000;
const SETTLE_POLL_MS = 5;
const MAX_WATCHES_PER_STREAM = 6;

/** The same watches on one stream to each server. */
export class WatchPair {
  readonly #ours: WatchLog;
  readonly #reference: WatchLog;
  readonly #journal: Journal;
  readonly #open = new Map<bigint, Tally>();

  constructor(ours: RpcClient, reference: RpcClient, journal: Journal) {
    this.#ours = new WatchLog(ours);
    this.#reference = new WatchLog(reference);
    this.#journal = journal;
  }

  /** Opens one more watch, or cancels one when there are many. Both servers must answer alike. */
  async change(rng: Rng, timeline: Timeline): Promise<void> {
    const ids = [...this.#open.keys()];
    if (ids.length >= MAX_WATCHES_PER_STREAM || (ids.length > 0 && chance(rng, 0.2))) {
      await this.settle(timeline.currentRevision);
      await this.#cancel(pick(rng, ids));
      return;
    }
    const create = anyWatch(rng, timeline, ids);
    const request: WatchRequest = { requestUnion: { $case: 'createRequest', value: create } };
    const [ours, reference] = await Promise.all([
      this.#ours.create(request),
      this.#reference.create(request),
    ]);
    if (ours !== reference) {
      const asked = JSON.stringify(WatchCreateRequest.toJSON(create));
      throw new Error(
        `watch created otherwise\n  request   ${asked}\n  ours      ${ours}\n  reference ${reference}`,
      );
    }
    const [id = '-1', canceled] = reference.split(' ');
    const from = Number(create.startRevision);
    const lost = from > 0 && from < timeline.compactRevision;
    // What a watch of lost history is told is that it is canceled: it never opens.
    if (canceled !== 'canceled=false' || lost) return;
    const start = from > 0 ? from : timeline.currentRevision + 1;
    this.#open.set(BigInt(id), this.#journal.tally(create, start));
  }

  /**
   * Waits until both servers have told every watch the same, and all of it. Must be called before
   * anything that takes history away: what a slow watch is told then depends on when it is told.
   */
  async settle(revision: number): Promise<void> {
    await this.#journal.reaches(revision);
    await this.#agree(() => {
      for (const [id, tally] of this.#open) {
        const told = this.#reference.told(id);
        const happened = this.#journal.count(tally);
        if (told !== happened) return `watch ${id} was told ${told} of ${happened} events`;
      }
      return undefined;
    });
  }

  close(): void {
    this.#ours.close();
    this.#reference.close();
  }

  async #cancel(watchId: bigint): Promise<void> {
    this.#open.delete(watchId);
    const told = this.#reference.told(watchId);
    const request: WatchRequest = { requestUnion: { $case: 'cancelRequest', value: { watchId } } };
    this.#ours.send(request);
    this.#reference.send(request);
    await this.#agree(() =>
      this.#reference.told(watchId) > told ? undefined : `watch ${watchId} is not canceled`,
    );
  }

  /** Waits until both were told the same and nothing is missing any more. */
  async #agree(missing: () => string | undefined): Promise<void> {
    const deadline = performance.now() + SETTLE_TIMEOUT_MS;
    for (;;) {
      const lack = missing();
      const ours = this.#ours.snapshot();
      const reference = this.#reference.snapshot();
      if (lack === undefined && isDeepStrictEqual(ours, reference)) return;
      if (performance.now() > deadline) {
        throw new Error(firstDifference(ours, reference) ?? lack ?? 'late');
      }
      await pause(SETTLE_POLL_MS);
    }
  }
}

function anyWatch(rng: Rng, timeline: Timeline, open: readonly bigint[]): WatchCreateRequest {
  const history = timeline.compactRevision + rng.below(timeline.currentRevision + 3);
  return WatchCreateRequest.fromPartial({
    ...anyRange(rng),
    ...(chance(rng, 0.05) ? { key: Buffer.alloc(0) } : {}),
    startRevision: chance(rng, 0.4) ? 0n : BigInt(history),
    progressNotify: chance(rng, 0.1),
    filters: chance(rng, 0.2) ? [pick(rng, [0, 1] as const)] : [],
    prevKv: chance(rng, 0.4),
    fragment: chance(rng, 0.3),
    watchId: chance(rng, 0.05) && open.length > 0 ? pick(rng, open) : 0n,
  });
}

type Told = Readonly<Record<string, readonly string[]>>;

function firstDifference(ours: Told, reference: Told): string | undefined {
  for (const id of new Set([...Object.keys(ours), ...Object.keys(reference)])) {
    const a = ours[id] ?? [];
    const b = reference[id] ?? [];
    const at = Math.max(a.length, b.length);
    for (let i = 0; i < at; i++) {
      if (a[i] === b[i]) continue;
      return `watch ${id} was told otherwise at event ${i} of ${b.length}\n  ours      ${a[i]}\n  reference ${b[i]}`;
    }
  }
  return undefined;
}

import { CompactedError } from '@etcd-ts/client';
import type { WatchOptions, WatchUpdate } from '@etcd-ts/client';
import { must, SeededRng } from '@etcd-ts/foundation';
import type { Event, ResponseHeader } from '@etcd-ts/wire-protocol';
import { ERRORS, Event_EventType, WatchCreateRequest, WatchResponse } from '@etcd-ts/wire-protocol';
import type { EventBatch } from './event-batch.js';
import { idFieldOf } from './event-batch.js';
import type { FeedSource } from './feed.js';
import { SharedWatch } from './shared-watch.js';
import type { Subscriber, SubscriberStream } from './subscriber.js';
import { targetOf } from './watch-target.js';

/* A cluster whose watchers are anywhere, clients that read when they like, and all of it in any order. */

const headerAt = (revision: bigint): ResponseHeader => ({
  clusterId: 1n,
  memberId: 2n,
  revision,
  raftTerm: 3n,
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Pending {
  readonly update?: WatchUpdate;
  readonly error?: unknown;
}

/** One watcher of the cluster's, which is told what the test says. */
class ClusterWatcher {
  next: bigint;
  isOpen = true;
  readonly #queue: Pending[] = [];
  #wake: (() => void) | undefined;

  constructor(next: bigint) {
    this.next = next;
  }

  push(pending: Pending): void {
    this.#queue.push(pending);
    this.#wake?.();
  }

  cancel(): void {
    this.isOpen = false;
    this.#wake?.();
  }

  requestProgress(): Promise<void> {
    return Promise.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchUpdate, void, undefined> {
    while (this.isOpen) {
      const pending = this.#queue.shift();
      if (pending?.update !== undefined) yield pending.update;
      else if (pending !== undefined) throw pending.error;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

class Cluster implements FeedSource {
  readonly log: Event[][] = [[]];
  readonly watchers: ClusterWatcher[] = [];
  compactRevision = 0n;

  get revision(): bigint {
    return BigInt(this.log.length);
  }

  get open(): readonly ClusterWatcher[] {
    return this.watchers.filter(({ isOpen }) => isOpen);
  }

  write(keys: readonly string[]): void {
    const modRevision = this.revision + 1n;
    const rest = { value: Buffer.from('v'), createRevision: 1n, version: 1n, lease: 0n };
    this.log.push(
      keys.map((key) => ({
        type: Event_EventType.PUT,
        kv: { ...rest, key: Buffer.from(key), modRevision },
        prevKv: undefined,
      })),
    );
  }

  eventsFrom(first: bigint, last = this.revision): Event[] {
    return this.log.slice(Math.max(0, Number(first) - 1), Number(last)).flat();
  }

  watch(_keys: unknown, { startRevision = 0 }: WatchOptions): ClusterWatcher {
    const watcher = new ClusterWatcher(BigInt(startRevision));
    this.watchers.push(watcher);
    this.#checkHistory(watcher);
    return watcher;
  }

  /** Some of what a watcher lacks: whole revisions, as the client library gives them. */
  advance(watcher: ClusterWatcher, revisions: number): void {
    if (this.#checkHistory(watcher) || watcher.next > this.revision) return;
    const end = watcher.next + BigInt(revisions) - 1n;
    const last = end < this.revision ? end : this.revision;
    const events = this.eventsFrom(watcher.next, last);
    watcher.next = last + 1n;
    if (events.length > 0) watcher.push({ update: { header: headerAt(this.revision), events } });
  }

  notify(watcher: ClusterWatcher): void {
    if (watcher.next <= this.revision) return;
    const header = headerAt(this.revision);
    watcher.push({ update: { header, events: [], progress: 'notified' } });
  }

  #checkHistory(watcher: ClusterWatcher): boolean {
    const isGone = watcher.next < this.compactRevision;
    const header = headerAt(this.revision);
    if (isGone) watcher.push({ error: new CompactedError(this.compactRevision, header) });
    return isGone;
  }
}

/** A client that has one watch on a stream, and does not always read. */
class Reader implements SubscriberStream {
  readonly seen: Event[] = [];
  readonly subscriber: Subscriber;
  readonly start: bigint;
  isFull = false;
  end: { readonly compactRevision: bigint } | 'refused' | undefined;
  promised = 0n;
  readonly #rng: SeededRng;
  #whenDrained: (() => void)[] = [];

  constructor(shared: SharedWatch, start: bigint, rng: SeededRng) {
    this.#rng = rng;
    this.start = start;
    this.subscriber = {
      watchId: 7n,
      idField: idFieldOf(7n),
      stream: this,
      shared,
      takesFragments: rng.below(2) === 0,
      wantsProgress: true,
      nextRevision: start,
      feed: undefined,
    };
    shared.add(this.subscriber);
  }

  send({ idField, nextRevision, takesFragments }: Subscriber, batch: EventBatch): void {
    for (const { bytes, rest } of batch.responses(idField, nextRevision, takesFragments)) {
      const response = WatchResponse.decode(Buffer.concat([bytes, rest ?? Buffer.alloc(0)]));
      if (response.watchId !== 7n) throw new Error('another watcher');
      const first = response.events[0]?.kv?.modRevision ?? 0n;
      if (first <= this.promised) throw new Error('an event after the promise of it');
      this.seen.push(...response.events);
    }
    if (this.#rng.below(4) === 0) this.isFull = true;
  }

  notify(_subscriber: Subscriber, { revision }: ResponseHeader): void {
    this.promised = revision;
  }

  answered(): void {
    throw new Error('nobody asked');
  }

  compacted({ shared }: Subscriber, compactRevision: bigint): void {
    this.end = { compactRevision };
    shared.remove(this.subscriber);
  }

  refused({ shared }: Subscriber): void {
    this.end = 'refused';
    shared.remove(this.subscriber);
  }

  drained(): Promise<void> {
    return this.isFull ? new Promise((resolve) => this.#whenDrained.push(resolve)) : turn();
  }

  drain(): void {
    this.isFull = false;
    for (const resolve of this.#whenDrained.splice(0)) resolve();
    this.subscriber.shared.place(this.subscriber);
  }
}

const ignore = (): void => undefined;
const COUNTED = { inc: ignore, dec: ignore, set: ignore };
const METRICS = {
  proxyCacheHits: COUNTED,
  proxyCacheMisses: COUNTED,
  proxyCacheKeys: COUNTED,
  proxyEventsCoalescing: COUNTED,
  proxyWatchersCoalescing: COUNTED,
};

function scene(): { cluster: Cluster; shared: SharedWatch; know: () => void; known: () => bigint } {
  const cluster = new Cluster();
  let known = 1n;
  const request = WatchCreateRequest.fromPartial({ key: Buffer.from('a'), rangeEnd: Buffer.of(0) });
  const shared = new SharedWatch({
    source: cluster,
    target: targetOf(request, { token: '', requireLeader: false }),
    metadata: {},
    metrics: METRICS,
    currentRevision: () => known,
    abandoned: ignore,
  });
  return { cluster, shared, know: () => (known = cluster.revision), known: () => known };
}

/** Reads and delivers until nothing more comes. */
async function settle(cluster: Cluster, readers: readonly Reader[]): Promise<void> {
  const target = cluster.revision;
  const isDone = (reader: Reader): boolean =>
    reader.end !== undefined || (reader.subscriber.feed?.nextRevision ?? 0n) > target;
  for (let i = 0; !readers.every(isDone); i++) {
    if (i > 500) throw new Error('somebody does not get on');
    for (const reader of readers) if (reader.isFull) reader.drain();
    for (const watcher of cluster.open) cluster.advance(watcher, 1000);
    for (const watcher of cluster.open) cluster.notify(watcher);
    await turn();
  }
}

function checkReader(cluster: Cluster, { start, seen, end }: Reader): void {
  const revisions = seen.map(({ kv }) => `${kv?.modRevision} ${String(kv?.key)}`);
  const all = cluster.eventsFrom(start).map(({ kv }) => `${kv?.modRevision} ${String(kv?.key)}`);
  if (end === undefined) {
    expect(revisions).toEqual(all);
    return;
  }
  // Nothing out of place before its end, and its end only because the next event may be gone.
  expect(revisions).toEqual(all.slice(0, revisions.length));
  if (end !== 'refused') {
    const next = seen.at(-1)?.kv?.modRevision ?? start - 1n;
    expect(next).toBeLessThan(end.compactRevision);
  }
}

describe('watchers that share', () => {
  it.each(Array.from({ length: 15 }, (_, seed) => seed))(
    'get each event once and in order, wherever they come from (seed %i)',
    async (seed) => {
      const rng = new SeededRng(seed);
      const { cluster, shared, know, known } = scene();
      const readers: Reader[] = [];
      const some = <T>(list: readonly T[]): T | undefined => list[rng.below(list.length)];
      const join = (): void => {
        const kind = rng.below(5);
        if (kind === 0) know();
        const now = known() > (shared.trunkRevision ?? 0n) ? known() : (shared.trunkRevision ?? 0n);
        const past = 1n + BigInt(rng.below(Number(now)));
        const start = kind < 3 ? now + 1n : kind === 3 ? past : now + BigInt(rng.below(8));
        readers.push(new Reader(shared, start, rng));
      };
      const actions: readonly (() => void)[] = [
        () => cluster.write(['a', 'b', 'c'].slice(0, 1 + rng.below(3))),
        () => cluster.write(['d']),
        join,
        know,
        () => {
          const watcher = some(cluster.open);
          if (watcher !== undefined) cluster.advance(watcher, 1 + rng.below(5));
        },
        () => {
          const watcher = some(cluster.open);
          if (watcher !== undefined) cluster.notify(watcher);
        },
        () => some(readers)?.drain(),
        () => {
          const leaving = rng.below(8) === 0 ? some(readers) : undefined;
          if (leaving === undefined) return;
          readers.splice(readers.indexOf(leaving), 1);
          shared.remove(leaving.subscriber);
        },
        () => {
          if (rng.below(40) === 0) cluster.compactRevision = BigInt(rng.below(cluster.log.length));
        },
      ];
      for (let step = 0; step < 250; step++) {
        must(some(actions), 'an action')();
        if (rng.below(3) === 0) await turn();
      }
      await settle(cluster, readers);
      for (const reader of readers) checkReader(cluster, reader);
      // Behind the last event everybody is back on one.
      know();
      cluster.write(['z']);
      await settle(cluster, readers);
      cluster.write(['z']);
      await settle(cluster, readers);
      const alive = readers.filter(({ end }) => end === undefined);
      expect(cluster.open.length).toBeLessThanOrEqual(alive.length);
      for (const reader of readers) checkReader(cluster, reader);
      for (const { subscriber } of readers) shared.remove(subscriber);
      expect(cluster.open).toHaveLength(0);
    },
  );

  it('are one watcher of the cluster', async () => {
    const { cluster, shared } = scene();
    const readers = Array.from({ length: 50 }, () => new Reader(shared, 2n, new SeededRng(1)));
    for (let i = 0; i < 20; i++) cluster.write(['a']);
    await settle(cluster, readers);
    expect(cluster.open).toHaveLength(1);
  });

  it('are refused together when the cluster says why', async () => {
    const { cluster, shared } = scene();
    const readers = [2n, 2n, 5n].map((start) => new Reader(shared, start, new SeededRng(1)));
    cluster.open[0]?.push({ error: ERRORS.PermissionDenied.error() });
    await turn();
    expect(readers.map(({ end }) => end)).toEqual(['refused', 'refused', 'refused']);
  });

  it('lose their history alone: who begins behind the compaction goes on', async () => {
    const { cluster, shared } = scene();
    const [early, late] = [2n, 30n].map((start) => new Reader(shared, start, new SeededRng(1)));
    for (let i = 0; i < 30; i++) cluster.write(['a']);
    cluster.compactRevision = 20n;
    await settle(cluster, [must(early, 'one'), must(late, 'one')]);
    expect(early?.end).toEqual({ compactRevision: 20n });
    expect(late?.end).toBeUndefined();
    expect(late?.seen).toHaveLength(2);
  });
});

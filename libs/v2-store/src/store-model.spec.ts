import { SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';

import { BucketV2Records } from './bucket-records.js';
import type { NodeView, V2Event } from './event.js';
import { v2Request } from './request.js';
import type { V2Request } from './request.js';
import { V2Store } from './store.js';
import type { V2Outcome } from './store.js';
import { MemoryBuckets } from './testing/memory-buckets.js';
import { NaiveStore } from './testing/naive-store.js';
import { NOW_NS, SECOND_NS, watch } from './testing/stores.js';
import type { V2Watcher } from './watcher-hub.js';

const NAMES = ['a', 'b', '_h'];
const VALUES = ['', 'x', 'y'];

function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[rng.below(items.length)] as T;
}

function anyKey(rng: Rng): string {
  return Array.from({ length: rng.below(4) }, () => `/${pick(rng, NAMES)}`).join('');
}

/** Half of the conditions hold, for the key is there and is what they say. */
function anyRequest(rng: Rng, nowNs: bigint, model: NaiveStore): V2Request {
  const timeNs = nowNs;
  const { index } = model;
  const known = pick(
    rng,
    [...model.nodes.keys()].filter((path) => path.startsWith('/1')),
  );
  const path = rng.below(2) === 0 ? known : `/1${anyKey(rng)}`;
  const { value, modified = 0 } = model.nodes.get(path) ?? {};
  if (rng.below(10) === 0) return v2Request({ method: 'SYNC', timeNs });
  const method = pick(rng, ['PUT', 'PUT', 'PUT', 'PUT', 'POST', 'DELETE', 'DELETE']);
  return v2Request({
    method,
    timeNs,
    path,
    value: pick(rng, VALUES),
    dir: rng.below(4) === 0,
    recursive: rng.below(3) === 0,
    prevExist: pick(rng, [undefined, undefined, true, false]),
    prevValue: rng.below(6) === 0 ? pick(rng, [...VALUES, value ?? '']) : '',
    prevIndex: rng.below(6) === 0 ? BigInt(pick(rng, [modified, index])) : 0n,
    refresh: rng.below(6) === 0,
    // Distinct, so that the order of expiry is no question of ties.
    expirationNs:
      rng.below(3) === 0 ? nowNs + BigInt(1 + rng.below(5)) * SECOND_NS + BigInt(index) : 0n,
  });
}

function resultOf(outcome: V2Outcome): V2Event | number | undefined {
  if (outcome.kind === 'event') return outcome.event;
  return outcome.kind === 'failed' ? outcome.code : undefined;
}

/** All nodes below, hidden ones reached by their names. */
function everythingIn(store: V2Store, path: string): NodeView[] {
  const answer = store.get(path, { recursive: false, sorted: true });
  if (answer.kind === 'failed') throw new Error(answer.cause);
  const hidden = NAMES.filter((name) => name.startsWith('_'))
    .map((name) => store.get(`${path}/${name}`, { recursive: false, sorted: true }))
    .flatMap((found) => (found.kind === 'node' ? [found.node] : []));
  return [...(answer.node.nodes ?? []), ...hidden].flatMap(({ nodes: _below, ...node }) => [
    node,
    ...(node.dir === true ? everythingIn(store, node.key) : []),
  ]);
}

function byKey(a: NodeView, b: NodeView): number {
  return a.key < b.key ? -1 : 1;
}

interface Watching {
  readonly watcher: V2Watcher;
  readonly path: string;
  readonly recursive: boolean;
  readonly fromIndex: number;
  readonly got: V2Event[];
}

/** What a live stream must have been told, from the list of all events. */
function expected(
  watching: Watching,
  events: readonly V2Event[],
  existed: (path: string, index: number) => boolean,
): V2Event[] {
  const { path, recursive } = watching;
  return events.filter((event) => {
    const { key, modifiedIndex } = event.node;
    if (modifiedIndex < watching.fromIndex || event.refresh === true) return false;
    if (key === path) return true;
    if (path.startsWith(`${key}/`))
      return (
        event.node.value === undefined &&
        event.prevNode?.dir === true &&
        event.action !== 'update' &&
        existed(path, modifiedIndex)
      );
    if (!recursive || !key.startsWith(`${path}/`)) return false;
    return !key.slice(path.length).includes('/_');
  });
}

/** The store and the model side by side, through changes, watches and restarts. */
class ModelRun {
  readonly model = new NaiveStore();
  readonly #rng: Rng;
  readonly #buckets = new MemoryBuckets();
  /** The paths that were there before the change with this index. */
  readonly #before = new Map<number, ReadonlySet<string>>();
  #store = this.#opened();
  #watchings: Watching[] = [];
  #nowNs = NOW_NS;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  change(): void {
    const { model } = this;
    this.#nowNs += BigInt(this.#rng.below(1000)) * 1_000_000n;
    const request = anyRequest(this.#rng, this.#nowNs, model);
    const known = new Set(model.nodes.keys());
    const from = model.index;
    const wanted = model.apply(request);
    this.#remember(known, from);
    const got = resultOf(this.#store.apply(request));
    expect({ request, got }).toEqual({ request, got: wanted });
    expect(this.#store.index).toBe(model.index);
  }

  /** A SYNC makes several changes, each of which finds what the ones before it have left. */
  #remember(known: ReadonlySet<string>, from: number): void {
    const gone = new Set<string>();
    for (let index = from + 1; index <= this.model.index; index++) {
      this.#before.set(index, new Set([...known].filter((path) => !gone.has(path))));
      const key = this.model.events[index - 1]?.node.key ?? '';
      for (const path of known) if (path === key || path.startsWith(`${key}/`)) gone.add(path);
    }
  }

  compareNodes(): void {
    const { model } = this;
    const keys = [...model.nodes.keys()].filter((path) => path.startsWith('/1/'));
    const views = keys.map((path) => model.view(path));
    expect(everythingIn(this.#store, '/1').sort(byKey)).toEqual(views.sort(byKey));
  }

  watch(): void {
    const key = anyKey(this.#rng);
    const recursive = this.#rng.below(2) === 0;
    const watcher = watch(this.#store, key, { recursive, stream: true });
    const fromIndex = this.#store.index + 1;
    this.#watchings.push({ watcher, path: `/1${key}`, recursive, fromIndex, got: [] });
  }

  settleWatches(): void {
    const existed = (path: string, index: number) => this.#before.get(index)?.has(path) === true;
    for (const watching of this.#watchings) {
      const { watcher, path, got } = watching;
      for (let event = watcher.take(); event !== undefined; event = watcher.take()) got.push(event);
      expect({ path, got }).toEqual({ path, got: expected(watching, this.model.events, existed) });
      watcher.cancel();
    }
    this.#watchings = [];
    expect(this.#store.watcherCount).toBe(0);
  }

  restart(): void {
    const counters = this.#store.counters();
    this.#store = this.#opened();
    expect(this.#store.counters()).toEqual({ ...counters, getsSuccess: 0, getsFail: 0 });
  }

  #opened(): V2Store {
    const store = new V2Store(new BucketV2Records(this.#buckets));
    store.restore();
    return store;
  }
}

describe('any sequence of entries', () => {
  it.each([1, 2, 3, 4])('has the effect the rules say, seed %d', (seed) => {
    const rng = new SeededRng(seed);
    const run = new ModelRun(rng);
    for (let step = 0; step < 1200; step++) {
      run.change();
      if (rng.below(20) === 0) run.compareNodes();
      if (rng.below(10) === 0) run.watch();
      if (step % 50 !== 49) continue;
      run.settleWatches();
      if (rng.below(2) === 0) run.restart();
    }
    expect(run.model.index).toBeGreaterThan(400);
    expect(new Set(run.model.events.map(({ action }) => action)).size).toBe(7);
  });
});

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

describe('any sequence of entries', () => {
  it.each([1, 2, 3, 4])('has the effect the rules say, seed %d', (seed) => {
    const rng = new SeededRng(seed);
    const buckets = new MemoryBuckets();
    const model = new NaiveStore();
    let store = new V2Store(new BucketV2Records(buckets));
    store.restore();
    let nowNs = NOW_NS;
    let watchings: Watching[] = [];
    const before = new Map<number, ReadonlySet<string>>();
    const settle = (): void => {
      for (const watching of watchings) {
        for (let e = watching.watcher.take(); e !== undefined; e = watching.watcher.take())
          watching.got.push(e);
        const due = expected(
          watching,
          model.events,
          (path, index) => before.get(index)?.has(path) === true,
        );
        expect({ path: watching.path, got: watching.got }).toEqual({
          path: watching.path,
          got: due,
        });
      }
    };
    for (let step = 0; step < 1500; step++) {
      nowNs += BigInt(rng.below(1000)) * 1_000_000n;
      const request = anyRequest(rng, nowNs, model);
      const known = new Set(model.nodes.keys());
      const from = model.index;
      const wanted = model.apply(request);
      // Several of a SYNC see the same nodes but those gone before them; a path gone is not watched twice.
      const gone = new Set<string>();
      for (let index = from + 1; index <= model.index; index++) {
        before.set(index, new Set([...known].filter((path) => !gone.has(path))));
        const key = model.events[index - 1]?.node.key ?? '';
        for (const path of known) if (path === key || path.startsWith(`${key}/`)) gone.add(path);
      }
      expect({ request, got: resultOf(store.apply(request)) }).toEqual({ request, got: wanted });
      expect(store.index).toBe(model.index);
      if (rng.below(20) === 0) {
        const views = [...model.nodes.keys()]
          .filter((path) => path.startsWith('/1/'))
          .map((path) => model.view(path));
        expect(everythingIn(store, '/1').sort(byKey)).toEqual(views.sort(byKey));
      }
      if (rng.below(10) === 0) {
        const key = anyKey(rng);
        const recursive = rng.below(2) === 0;
        const watcher = watch(store, key, { recursive, stream: true });
        watchings.push({
          watcher,
          path: `/1${key}`,
          recursive,
          fromIndex: store.index + 1,
          got: [],
        });
      }
      if (step % 50 === 49) {
        settle();
        watchings.forEach(({ watcher }) => watcher.cancel());
        watchings = [];
        expect(store.watcherCount).toBe(0);
        const counters = store.counters();
        if (rng.below(2) === 0) {
          store = new V2Store(new BucketV2Records(buckets));
          store.restore();
          expect(store.counters()).toEqual({ ...counters, getsSuccess: 0, getsFail: 0 });
        }
      }
    }
    expect(model.index).toBeGreaterThan(400);
    expect(new Set(model.events.map(({ action }) => action)).size).toBe(7);
  });
});

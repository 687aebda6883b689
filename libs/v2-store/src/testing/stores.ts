import { BucketV2Records } from '../bucket-records.js';
import type { V2Event } from '../event.js';
import { v2Request } from '../request.js';
import type { V2Request } from '../request.js';
import { V2Store } from '../store.js';
import type { V2Outcome } from '../store.js';
import type { V2Failure } from '../v2-failure.js';
import type { V2Watcher, WatchOptions } from '../watcher-hub.js';
import { MemoryBuckets } from './memory-buckets.js';

export const SECOND_NS = 1_000_000_000n;
/** Any moment after 2000. */
export const NOW_NS = 1_700_000_000n * SECOND_NS;

export interface Fixture {
  readonly buckets: MemoryBuckets;
  readonly store: V2Store;
}

export function newStore(buckets = new MemoryBuckets()): Fixture {
  const store = new V2Store(new BucketV2Records(buckets));
  store.restore();
  return { buckets, store };
}

type Fields = Omit<Partial<V2Request>, 'path' | 'method'>;

/** `key` as clients name it. */
export function ask(store: V2Store, method: string, key: string, fields: Fields = {}): V2Outcome {
  return store.apply(v2Request({ method, path: `/1${key}`, ...fields }));
}

export function put(store: V2Store, key: string, value: string, fields: Fields = {}): V2Event {
  return eventOf(ask(store, 'PUT', key, { value, ...fields }));
}

export function eventOf(outcome: V2Outcome): V2Event {
  if (outcome.kind !== 'event') throw new Error(`no event: ${JSON.stringify(outcome)}`);
  return outcome.event;
}

/** Code and cause, such as "100 /1/a". */
export function refusal(outcome: V2Outcome | V2Failure | V2Watcher): string {
  if (!('kind' in outcome) || outcome.kind !== 'failed') throw new Error('not refused');
  return `${outcome.code} ${outcome.cause}`;
}

export function watch(store: V2Store, key: string, options: Partial<WatchOptions> = {}): V2Watcher {
  const watcher = store.watch({
    path: `/1${key}`,
    recursive: false,
    stream: false,
    sinceIndex: 0,
    wake: () => undefined,
    ...options,
  });
  if ('kind' in watcher) throw new Error(`no watcher: ${watcher.cause}`);
  return watcher;
}

/** All that is there to take, as "action key". */
export function taken(watcher: V2Watcher): string[] {
  const events: string[] = [];
  for (let event = watcher.take(); event !== undefined; event = watcher.take()) {
    events.push(`${event.action} ${event.node.key}`);
  }
  return events;
}

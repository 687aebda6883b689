import { BucketV2Records } from './bucket-records.js';
import { HISTORY_EVENTS, MAX_HISTORY_UNITS } from './event-history.js';
import { V2Store } from './store.js';
import { ask, newStore, put, refusal, taken, watch } from './testing/stores.js';
import { WATCHER_QUEUE_EVENTS } from './watcher-hub.js';

const everything = { recursive: true, stream: true } as const;

describe('a watcher', () => {
  it('gets the first change of its key after it began, and is over', () => {
    const { store } = newStore();
    put(store, '/a', '1');
    let woken = 0;
    const watcher = watch(store, '/a', { wake: () => woken++ });
    put(store, '/b', '1');
    expect(woken).toBe(0);
    put(store, '/a', '2');
    put(store, '/a', '3');
    expect(woken).toBe(1);
    expect(watcher.startIndex).toBe(1);
    expect(watcher.take()?.node.value).toBe('2');
    expect(watcher.take()).toBeUndefined();
    expect(watcher.ended).toBe(true);
    expect(store.watcherCount).toBe(0);
  });

  it('sees what is below its directory only if recursive', () => {
    const { store } = newStore();
    const [flat, deep] = [watch(store, '/d', { stream: true }), watch(store, '/d', everything)];
    put(store, '/d/x/y', '1');
    put(store, '/dx', '1');
    expect(taken(flat)).toEqual([]);
    expect(taken(deep)).toEqual(['set /1/d/x/y']);
  });

  it('is not told of hidden nodes below its own', () => {
    const { store } = newStore();
    const [top, hidden] = [watch(store, '/d', everything), watch(store, '/d/_h', everything)];
    put(store, '/d/_h/x', '1');
    put(store, '/d/x/_h', '1');
    expect(taken(top)).toEqual([]);
    expect(taken(hidden)).toEqual(['set /1/d/_h/x']);
  });

  it('is told once that its node went with a directory, also if it watches that too', () => {
    const { store } = newStore();
    put(store, '/d/x/y', '1');
    const watchers = ['/d', '/d/x', '/d/x/y'].map((key) => watch(store, key, everything));
    const unborn = watch(store, '/d/x/z');
    ask(store, 'DELETE', '/d', { recursive: true });
    for (const watcher of watchers) expect(taken(watcher)).toEqual(['delete /1/d']);
    expect(taken(unborn)).toEqual([]);
  });

  it('begins in the past, and goes on without a gap if it streams', () => {
    const { store } = newStore();
    for (const value of ['1', '2', '3']) put(store, '/a', value);
    expect(taken(watch(store, '/a', { sinceIndex: 2 }))).toEqual(['set /1/a']);
    const stream = watch(store, '/a', { stream: true, sinceIndex: 2 });
    expect(stream.take()?.node.value).toBe('2');
    put(store, '/a', '4');
    expect([stream.take(), stream.take()].map((event) => event?.node.value)).toEqual(['3', '4']);
    put(store, '/a', '5');
    expect(stream.take()?.node.value).toBe('5');
  });

  it('begins in the future', () => {
    const { store } = newStore();
    const watcher = watch(store, '/a', { sinceIndex: 3 });
    for (const value of ['1', '2']) put(store, '/a', value);
    expect(taken(watcher)).toEqual([]);
    put(store, '/a', '3');
    expect(watcher.take()?.node.value).toBe('3');
  });

  it('finds hidden nodes in the past, and itself under anything deleted whose name it begins with', () => {
    const { store } = newStore();
    put(store, '/_h', '1');
    expect(taken(watch(store, '', { recursive: true, sinceIndex: 1 }))).toEqual(['set /1/_h']);
    put(store, '/d', '', { dir: true });
    ask(store, 'DELETE', '/d', { dir: true });
    expect(taken(watch(store, '/dx/y', { sinceIndex: 1 }))).toEqual(['delete /1/d']);
  });

  it('is refused a past that is cleared', () => {
    const { store } = newStore();
    for (let i = 0; i <= HISTORY_EVENTS; i++) put(store, '/a', String(i));
    const options = { path: '/1/a', recursive: false, stream: false, wake: () => undefined };
    expect(refusal(store.watch({ ...options, sinceIndex: 1 }))).toBe(
      '401 the requested history has been cleared [2/1]',
    );
    expect(watch(store, '/a', { sinceIndex: 2 }).take()?.node.value).toBe('1');
  });

  it('is dropped when it lags too far behind, with nothing missing before', () => {
    const { store } = newStore();
    const watcher = watch(store, '/a', { stream: true });
    for (let i = 0; i < WATCHER_QUEUE_EVENTS; i++) put(store, '/a', '');
    expect(watcher.ended).toBe(false);
    put(store, '/a', '');
    expect(taken(watcher)).toHaveLength(WATCHER_QUEUE_EVENTS);
    expect(watcher.ended).toBe(true);
    expect(store.watcherCount).toBe(0);
  });

  it('hears nothing after it is cancelled', () => {
    const { store } = newStore();
    const watcher = watch(store, '/a', { stream: true });
    put(store, '/a', '');
    watcher.cancel();
    put(store, '/a', '');
    expect(taken(watcher)).toEqual([]);
    expect(watcher.ended).toBe(true);
    expect(store.watcherCount).toBe(0);
  });
});

describe('the history', () => {
  it('keeps fewer changes when they are huge, on disk too', () => {
    const { store, buckets } = newStore();
    const value = 'x'.repeat(MAX_HISTORY_UNITS / 8);
    for (let i = 0; i < 10; i++) put(store, `/big${i}`, value);
    const options = { path: '/1', recursive: true, stream: true, wake: () => undefined };
    const cleared = store.watch({ ...options, sinceIndex: 3 });
    expect(refusal(cleared)).toBe('401 the requested history has been cleared [4/3]');
    const again = newStore(buckets).store;
    expect(refusal(again.watch({ ...options, sinceIndex: 3 }))).toBe(refusal(cleared));
    expect([...buckets.bucketEntries('v2_history')]).toHaveLength(7);
  });
});

describe('a store replaced by that of another member', () => {
  it('tells its watchers what they missed, and ends those it cannot tell', () => {
    const { store: leader, buckets } = newStore();
    const follower = new V2Store(new BucketV2Records(buckets));
    put(leader, '/a', '1');
    follower.restore();
    const stream = watch(follower, '/a', { stream: true });
    const late = watch(follower, '/a', { stream: true, sinceIndex: 2 });
    put(leader, '/a', '2');
    follower.restore();
    expect(taken(stream)).toEqual(['set /1/a']);
    for (let i = 0; i <= HISTORY_EVENTS; i++) put(leader, '/b', '');
    put(leader, '/a', '3');
    follower.restore();
    expect(late.take()).toBeUndefined();
    expect(late.ended).toBe(true);
  });
});

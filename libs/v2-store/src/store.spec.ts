import type { NodeView } from './event.js';
import { created } from './event.js';
import {
  ask,
  eventOf,
  newStore,
  NOW_NS,
  put,
  refusal,
  SECOND_NS,
  taken,
  watch,
} from './testing/stores.js';
import type { V2Store } from './store.js';

const LATER_NS = NOW_NS + 10n * SECOND_NS;

function listing(store: V2Store, key: string, recursive = true): NodeView {
  const answer = store.get(`/1${key}`, { recursive, sorted: true });
  if (answer.kind === 'failed') throw new Error(answer.cause);
  return answer.node;
}

function keysIn(view: NodeView): string[] {
  return (view.nodes ?? []).flatMap((node) => [node.key, ...keysIn(node)]);
}

describe('a v2 store', () => {
  it('is one empty directory at first, with index 0', () => {
    const { store } = newStore();
    expect(store.index).toBe(0);
    expect(listing(store, '')).toEqual({
      key: '/1',
      dir: true,
      nodes: [],
      modifiedIndex: 0,
      createdIndex: 0,
    });
  });

  it('gives each change the next index, and a refused one none', () => {
    const { store } = newStore();
    expect(put(store, '/a', 'x').node).toEqual({
      key: '/1/a',
      value: 'x',
      modifiedIndex: 1,
      createdIndex: 1,
    });
    expect(refusal(ask(store, 'DELETE', '/b'))).toBe('100 /1/b');
    expect(put(store, '/a', 'y').node).toEqual({
      key: '/1/a',
      value: 'y',
      modifiedIndex: 2,
      createdIndex: 2,
    });
  });

  it('counts changes of the cluster, as if they were in it', () => {
    const { store } = newStore();
    for (const kind of ['create', 'set', 'set'] as const) store.countClusterWrite(kind);
    expect(put(store, '/a', '').node.modifiedIndex).toBe(4);
    expect(keysIn(listing(store, ''))).toEqual(['/1/a']);
    expect(store.counters()).toMatchObject({ createSuccess: 1, setsSuccess: 3 });
  });

  it('makes missing directories with the index of what is put into them', () => {
    const { store } = newStore();
    put(store, '/a/b/c', 'x');
    expect(listing(store, '/a', false)).toMatchObject({
      createdIndex: 1,
      nodes: [{ key: '/1/a/b', dir: true, modifiedIndex: 1, createdIndex: 1 }],
    });
  });

  it('names the first part of a path that is missing, or that is a file', () => {
    const { store } = newStore();
    put(store, '/file', 'x');
    expect(refusal(ask(store, 'DELETE', '/none/at/all'))).toBe('100 /1/none');
    for (const method of ['PUT', 'POST', 'DELETE']) {
      expect(refusal(ask(store, method, '/file/x/y'))).toBe('104 /1/file');
    }
  });

  it('hides names that begin with an underscore from listings, not from who names them', () => {
    const { store } = newStore();
    put(store, '/_secret/x', '1');
    put(store, '/open/_x', '1');
    expect(keysIn(listing(store, ''))).toEqual(['/1/open']);
    expect(keysIn(listing(store, '/_secret'))).toEqual(['/1/_secret/x']);
  });

  it('sorts as the bytes of the keys do', () => {
    const { store } = newStore();
    const names = ['z', '\u{1f600}', '\uffee', 'é', 'A', 'a'];
    for (const name of names) put(store, `/d/${name}`, '');
    expect(keysIn(listing(store, '/d'))).toEqual(
      ['A', 'a', 'z', 'é', '\uffee', '\u{1f600}'].map((name) => `/1/d/${name}`),
    );
  });

  it('is as deep as its paths are long', () => {
    const { store } = newStore();
    const path = '/d'.repeat(20_000);
    put(store, path, 'deep');
    let view = listing(store, '');
    for (let next: NodeView | undefined = view; next !== undefined; next = next.nodes?.[0])
      view = next;
    expect(view.value).toBe('deep');
    ask(store, 'DELETE', '/d', { recursive: true });
    expect(keysIn(listing(store, ''))).toEqual([]);
  });
});

describe('setting', () => {
  it('makes or replaces a file and says what was there', () => {
    const { store } = newStore();
    expect(created(put(store, '/a', '1'))).toBe(true);
    const event = put(store, '/a', '2');
    expect(created(event)).toBe(false);
    expect(event.prevNode).toEqual({ key: '/1/a', value: '1', modifiedIndex: 1, createdIndex: 1 });
  });

  it('makes a directory, also of a file, but nothing of a directory', () => {
    const { store } = newStore();
    put(store, '/a', '1');
    expect(put(store, '/a', 'ignored', { dir: true }).node).toEqual({
      key: '/1/a',
      dir: true,
      modifiedIndex: 2,
      createdIndex: 2,
    });
    for (const dir of [true, false])
      expect(refusal(ask(store, 'PUT', '/a', { dir }))).toBe('102 /1/a');
  });

  it('leaves the roots alone', () => {
    const { store } = newStore();
    for (const path of ['', '/', '/../0', '/..']) {
      expect(refusal(ask(store, 'PUT', path))).toBe('107 /');
      expect(refusal(ask(store, 'DELETE', path, { recursive: true }))).toBe('107 /');
      expect(refusal(ask(store, 'PUT', path, { prevIndex: 1n }))).toBe('107 /');
    }
    expect(refusal(ask(store, 'DELETE', '', { prevIndex: 1n }))).toBe('102 /1');
  });
});

describe('creating, updating and comparing', () => {
  it('creates only what is not there', () => {
    const { store } = newStore();
    const create = () => ask(store, 'PUT', '/a', { prevExist: false, prevValue: 'ignored' });
    expect(eventOf(create()).action).toBe('create');
    expect(refusal(create())).toBe('105 /1/a');
  });

  it('names in-order nodes by the index they get', () => {
    const { store } = newStore();
    put(store, '/other', '');
    expect(eventOf(ask(store, 'POST', '/q', { value: 'job' })).node.key).toBe(
      '/1/q/00000000000000000002',
    );
    expect(eventOf(ask(store, 'POST', '', { dir: true })).node.key).toBe('/1/00000000000000000003');
  });

  it('updates only what is there, which stays created when it was', () => {
    const { store } = newStore();
    expect(refusal(ask(store, 'PUT', '/a', { prevExist: true }))).toBe('100 /1/a');
    put(store, '/a', '1');
    expect(put(store, '/a', '2', { prevExist: true }).node).toMatchObject({
      value: '2',
      createdIndex: 1,
      modifiedIndex: 2,
    });
  });

  it('updates of a directory its time to live only, and not its index', () => {
    const { store } = newStore();
    put(store, '/d', '', { dir: true });
    const event = put(store, '/d', '', { prevExist: true, expirationNs: LATER_NS });
    expect(event.node).toEqual({
      key: '/1/d',
      dir: true,
      expirationNs: LATER_NS,
      modifiedIndex: 2,
      createdIndex: 1,
    });
    expect(listing(store, '/d')).toMatchObject({ modifiedIndex: 1, expirationNs: LATER_NS });
    expect(refusal(ask(store, 'PUT', '/d', { prevExist: true, value: 'x' }))).toBe('102 /1/d');
  });

  it('says what differs', () => {
    const { store } = newStore();
    put(store, '/a', 'one');
    const swap = (fields: object) => ask(store, 'PUT', '/a', { value: 'new', ...fields });
    expect(refusal(swap({ prevValue: 'two' }))).toBe('101 [two != one]');
    expect(refusal(swap({ prevIndex: 2n ** 64n - 1n }))).toBe('101 [18446744073709551615 != 1]');
    expect(refusal(swap({ prevValue: 'two', prevIndex: 8n }))).toBe('101 [two != one] [8 != 1]');
    expect(eventOf(swap({ prevValue: 'one', prevIndex: 1n, prevExist: true }))).toMatchObject({
      action: 'compareAndSwap',
      node: { value: 'new', modifiedIndex: 2, createdIndex: 1 },
      prevNode: { value: 'one' },
    });
    expect(refusal(ask(store, 'DELETE', '/a', { prevValue: 'old' }))).toBe('101 [old != new]');
    expect(eventOf(ask(store, 'DELETE', '/a', { prevIndex: 2n })).action).toBe('compareAndDelete');
  });

  it('deletes a directory only when told to, and one with content only recursively', () => {
    const { store } = newStore();
    put(store, '/d/x', '1');
    expect(refusal(ask(store, 'DELETE', '/d'))).toBe('102 /1/d');
    expect(refusal(ask(store, 'DELETE', '/d', { dir: true }))).toBe('108 /1/d');
    expect(eventOf(ask(store, 'DELETE', '/d', { recursive: true }))).toMatchObject({
      action: 'delete',
      node: { key: '/1/d', dir: true, modifiedIndex: 2, createdIndex: 1 },
      prevNode: { key: '/1/d', dir: true },
    });
  });

  it('refuses a method nobody knows, and takes a read in the log for nothing', () => {
    const { store, buckets } = newStore();
    const before = buckets.size;
    expect(store.apply({ ...blank, method: 'FROB' }).kind).toBe('unknownMethod');
    expect(store.apply({ ...blank, method: 'QGET' }).kind).toBe('nothing');
    expect(buckets.size).toBe(before);
  });
});

const blank = {
  method: '',
  path: '/1/a',
  value: '',
  dir: false,
  prevValue: '',
  prevIndex: 0n,
  prevExist: undefined,
  expirationNs: 0n,
  recursive: false,
  sorted: false,
  refresh: false,
  timeNs: 0n,
};

describe('time to live', () => {
  const sync = (store: V2Store, timeNs: bigint) =>
    store.apply({ ...blank, method: 'SYNC', timeNs });

  it('ends when an entry says that it is over, not before', () => {
    const { store } = newStore();
    put(store, '/a', '1', { expirationNs: LATER_NS });
    sync(store, LATER_NS - 1n);
    expect(listing(store, '/a').expirationNs).toBe(LATER_NS);
    const watcher = watch(store, '/a');
    sync(store, LATER_NS);
    expect(watcher.take()).toEqual({
      action: 'expire',
      node: { key: '/1/a', modifiedIndex: 2, createdIndex: 1 },
      prevNode: {
        key: '/1/a',
        value: '1',
        expirationNs: LATER_NS,
        modifiedIndex: 1,
        createdIndex: 1,
      },
      atNs: LATER_NS,
    });
    expect(store.counters().expireCount).toBe(1);
  });

  it('takes a directory with all that is in it, once', () => {
    const { store } = newStore();
    put(store, '/d', '', { dir: true, expirationNs: LATER_NS });
    put(store, '/d/x', '1', { expirationNs: LATER_NS + 1n });
    put(store, '/e', '1', { expirationNs: LATER_NS + 2n });
    const all = watch(store, '', { recursive: true, stream: true });
    sync(store, LATER_NS + 2n);
    expect(taken(all)).toEqual(['expire /1/d', 'expire /1/e']);
    expect(store.nextExpirationNs).toBeUndefined();
  });

  it('expires what is due together in an order that all members share', () => {
    const { store, buckets } = newStore();
    for (const key of ['c', 'a', 'b']) put(store, `/${key}`, '', { expirationNs: LATER_NS });
    const restarted = newStore(buckets).store;
    for (const each of [store, restarted]) {
      const all = watch(each, '', { recursive: true, stream: true });
      sync(each, LATER_NS);
      expect(taken(all)).toEqual(['expire /1/c', 'expire /1/a', 'expire /1/b']);
    }
  });

  it('is refreshed without a word to watchers, and without a value', () => {
    const { store } = newStore();
    put(store, '/a', 'kept', { expirationNs: NOW_NS });
    const watcher = watch(store, '/a');
    for (const prevExist of [undefined, true]) {
      expect(
        put(store, '/a', '', { refresh: true, expirationNs: LATER_NS, prevExist }),
      ).toMatchObject({
        node: { value: 'kept', expirationNs: LATER_NS },
        refresh: true,
      });
    }
    put(store, '/a', '', { refresh: true, expirationNs: LATER_NS, prevValue: 'kept' });
    expect(taken(watcher)).toEqual([]);
    expect(taken(watch(store, '/a', { sinceIndex: 2 }))).toEqual([]);
    expect(refusal(ask(store, 'PUT', '/none', { refresh: true }))).toBe('100 /1/none');
    put(store, '/d', '', { dir: true });
    expect(refusal(ask(store, 'PUT', '/d', { refresh: true }))).toBe('102 /1/d');
  });

  it('is for ever when it would end before 2000, but for an update', () => {
    const { store } = newStore();
    put(store, '/a', '1', { expirationNs: -5n });
    expect(store.nextExpirationNs).toBeUndefined();
    put(store, '/a', '1', { expirationNs: -5n, prevExist: true });
    expect(store.nextExpirationNs).toBe(-5n);
    put(store, '/a', '1', { prevExist: true });
    expect(store.nextExpirationNs).toBeUndefined();
  });
});

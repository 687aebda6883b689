import type { NodeView } from './event.js';
import { ask, newStore, NOW_NS, put, SECOND_NS, taken, watch } from './testing/stores.js';
import type { V2Store } from './store.js';

const LATER_NS = NOW_NS + 10n * SECOND_NS;

function listing(store: V2Store, key: string): NodeView {
  const answer = store.get(`/1${key}`, { recursive: true, sorted: false });
  if (answer.kind === 'failed') throw new Error(answer.cause);
  return answer.node;
}

describe('a restart', () => {
  it('finds tree, index, times, history and counters as they were', () => {
    const { store, buckets } = newStore();
    store.countClusterWrite('create');
    put(store, '/a/b', 'x', { expirationNs: LATER_NS, timeNs: NOW_NS });
    put(store, '/a', '', { prevExist: true, expirationNs: LATER_NS });
    put(store, '/é/\u{1f600}', '\u0000"\u2028');
    ask(store, 'DELETE', '/nothing');
    ask(store, 'DELETE', '/a/b');
    const again = newStore(buckets).store;
    expect(again.index).toBe(store.index);
    expect(again.counters()).toEqual(store.counters());
    expect(again.nextExpirationNs).toBe(LATER_NS);
    expect(listing(again, '')).toEqual(listing(store, ''));
    for (const each of [store, again]) {
      const watcher = watch(each, '', { recursive: true, stream: true, sinceIndex: 1 });
      expect(watcher.take()).toEqual({
        action: 'set',
        node: {
          key: '/1/a/b',
          value: 'x',
          expirationNs: LATER_NS,
          modifiedIndex: 2,
          createdIndex: 2,
        },
        atNs: NOW_NS,
      });
      expect(taken(watcher)).toEqual(['update /1/a', 'set /1/é/\u{1f600}', 'delete /1/a/b']);
    }
  });
});

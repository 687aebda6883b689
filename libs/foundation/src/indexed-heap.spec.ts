import fc from 'fast-check';
import type { HeapEntry } from './indexed-heap.js';
import { IndexedHeap } from './indexed-heap.js';

interface Item extends HeapEntry {
  key: number;
}

type Step =
  | { readonly kind: 'push'; readonly key: number }
  | { readonly kind: 'pop' }
  | { readonly kind: 'remove'; readonly at: number }
  | { readonly kind: 'move'; readonly at: number; readonly key: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), key: fc.nat(50) }),
  fc.record({ kind: fc.constant('pop' as const) }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('move' as const), at: fc.nat(), key: fc.nat(50) }),
);

describe('IndexedHeap', () => {
  test('gives the smallest first whatever was pushed, moved or taken from the middle', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const heap = new IndexedHeap<Item>((a, b) => a.key < b.key);
        const model = new Set<Item>();
        for (const action of steps) apply(action, heap, model);
        const drained: number[] = [];
        for (let item = heap.pop(); item !== undefined; item = heap.pop()) {
          expect(item.heapIndex).toBe(-1);
          drained.push(item.key);
        }
        expect(drained).toEqual([...model].map((item) => item.key).sort((a, b) => a - b));
      }),
    );
  });

  test('refuses an entry that is in it already and one that is not', () => {
    const heap = new IndexedHeap<Item>((a, b) => a.key < b.key);
    const item: Item = { key: 1, heapIndex: -1 };
    expect(() => heap.remove(item)).toThrow('not in this heap');
    heap.push(item);
    expect(() => heap.push(item)).toThrow('pushed twice');
    heap.clear();
    expect(() => heap.moved(item)).toThrow('not in this heap');
  });
});

function apply(action: Step, heap: IndexedHeap<Item>, model: Set<Item>): void {
  if (action.kind === 'push') {
    const item: Item = { key: action.key, heapIndex: -1 };
    heap.push(item);
    model.add(item);
    return;
  }
  if (model.size === 0) {
    expect(heap.peek()).toBeUndefined();
    return;
  }
  if (action.kind === 'pop') {
    const item = heap.pop() as Item;
    expect(item.key).toBe(Math.min(...[...model].map((each) => each.key)));
    model.delete(item);
    return;
  }
  const chosen = [...model][action.at % model.size] as Item;
  if (action.kind === 'remove') {
    heap.remove(chosen);
    model.delete(chosen);
  } else {
    chosen.key = action.key;
    heap.moved(chosen);
  }
  expect(heap.size).toBe(model.size);
}

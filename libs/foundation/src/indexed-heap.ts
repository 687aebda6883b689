import { assert, must } from './assert.js';

/** What an entry of an IndexedHeap carries: its place, so that nothing has to search for it. */
export interface HeapEntry {
  /** Owned by the heap; -1 while in none. One entry is in one heap at a time. */
  heapIndex: number;
}

/** A binary min-heap from whose middle entries can be taken, in O(log n). */
export class IndexedHeap<T extends HeapEntry> {
  readonly #before: (a: T, b: T) => boolean;
  readonly #entries: T[] = [];

  /** `before` is a strict order; it may read fields that change as long as `moved` is told. */
  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#entries.length;
  }

  peek(): T | undefined {
    return this.#entries[0];
  }

  push(entry: T): void {
    assert(entry.heapIndex === -1, 'heap entry pushed twice');
    entry.heapIndex = this.#entries.push(entry) - 1;
    this.#rise(entry);
  }

  pop(): T | undefined {
    const first = this.#entries[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Of an entry that is in this heap. */
  remove(entry: T): void {
    const index = this.#place(entry);
    const last = must(this.#entries.pop(), 'heap is empty');
    entry.heapIndex = -1;
    if (last === entry) return;
    this.#put(last, index);
    this.#settle(last);
  }

  /** To be called after what `before` looks at has changed in one entry, before any other call. */
  moved(entry: T): void {
    this.#place(entry);
    this.#settle(entry);
  }

  clear(): void {
    for (const entry of this.#entries) entry.heapIndex = -1;
    this.#entries.length = 0;
  }

  #place(entry: T): number {
    assert(this.#entries[entry.heapIndex] === entry, 'entry is not in this heap');
    return entry.heapIndex;
  }

  #put(entry: T, index: number): void {
    this.#entries[index] = entry;
    entry.heapIndex = index;
  }

  #settle(entry: T): void {
    this.#rise(entry);
    this.#sink(entry);
  }

  #rise(entry: T): void {
    let index = entry.heapIndex;
    while (index > 0) {
      const parent = this.#entries[(index - 1) >> 1] as T;
      if (!this.#before(entry, parent)) break;
      const parentIndex = parent.heapIndex;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(entry, index);
  }

  #sink(entry: T): void {
    let index = entry.heapIndex;
    for (;;) {
      const left = this.#entries[2 * index + 1];
      if (left === undefined) break;
      const right = this.#entries[2 * index + 2];
      const child = right !== undefined && this.#before(right, left) ? right : left;
      if (!this.#before(child, entry)) break;
      const childIndex = child.heapIndex;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(entry, index);
  }
}

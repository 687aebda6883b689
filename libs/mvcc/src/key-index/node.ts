import type { BinaryString } from '@etcd-ts/foundation';
import type { KeyHistory } from './key-history.js';

/** Keys of a leaf, children of an inner node: a binary search of six steps, a shift of a few lines. */
export const NODE_CAPACITY = 64;

/** Numbers of one key, side by side: newest revision (main, sub), creation, version. */
const FIELDS = 4;
const SUB = 1;
const CREATE = 2;
const VERSION = 3;

/**
 * Keys in byte order and the newest state of each, in parallel arrays instead of an object per
 * key. Version 0 marks a key whose newest revision is a tombstone: it is not live, but stays until
 * compaction has taken its history.
 */
export class Leaf {
  readonly kind = 'leaf';
  keys: BinaryString[] = [];
  readonly numbers = new Float64Array(NODE_CAPACITY * FIELDS);
  /** Absent while no key of the leaf has a history, which is the state of most leaves. */
  histories: (KeyHistory | undefined)[] | undefined;
  live = 0;

  main(slot: number): number {
    return this.numbers[slot * FIELDS] as number;
  }

  sub(slot: number): number {
    return this.numbers[slot * FIELDS + SUB] as number;
  }

  create(slot: number): number {
    return this.numbers[slot * FIELDS + CREATE] as number;
  }

  version(slot: number): number {
    return this.numbers[slot * FIELDS + VERSION] as number;
  }

  history(slot: number): KeyHistory | undefined {
    return this.histories?.[slot];
  }

  /** Every key live and with one revision only: compaction finds nothing here. */
  get pristine(): boolean {
    return this.histories === undefined && this.live === this.keys.length;
  }

  write(slot: number, main: number, sub: number, create: number, version: number): void {
    const at = slot * FIELDS;
    this.numbers[at] = main;
    this.numbers[at + SUB] = sub;
    this.numbers[at + CREATE] = create;
    this.numbers[at + VERSION] = version;
  }

  setHistory(slot: number, history: KeyHistory | undefined): void {
    if (this.histories === undefined) {
      if (history === undefined) return;
      this.histories = new Array<KeyHistory | undefined>(this.keys.length).fill(undefined);
    }
    this.histories[slot] = history;
  }

  /** Gives the array back once the last history in it is gone. */
  trimHistories(): void {
    if (this.histories?.every((history) => history === undefined)) this.histories = undefined;
  }

  /** The caller has made room. */
  insert(slot: number, key: BinaryString): void {
    this.keys.splice(slot, 0, key);
    this.histories?.splice(slot, 0, undefined);
    this.numbers.copyWithin((slot + 1) * FIELDS, slot * FIELDS, (this.keys.length - 1) * FIELDS);
  }

  remove(slot: number): void {
    this.numbers.copyWithin(slot * FIELDS, (slot + 1) * FIELDS, this.keys.length * FIELDS);
    this.keys.splice(slot, 1);
    this.histories?.splice(slot, 1);
  }

  /** Moves the keys from `slot` on to a new leaf. */
  splitAt(slot: number): Leaf {
    const right = new Leaf();
    right.keys = this.keys.slice(slot);
    right.numbers.set(this.numbers.subarray(slot * FIELDS, this.keys.length * FIELDS));
    right.histories = this.histories?.slice(slot);
    this.keys = this.keys.slice(0, slot);
    this.histories = this.histories?.slice(0, slot);
    right.trimHistories();
    this.trimHistories();
    right.recountLive();
    this.live -= right.live;
    return right;
  }

  /** Takes all keys of the leaf to the right; together they fit. */
  absorb(right: Leaf): void {
    const length = this.keys.length;
    this.numbers.set(right.numbers.subarray(0, right.keys.length * FIELDS), length * FIELDS);
    if (this.histories !== undefined || right.histories !== undefined) {
      this.histories = [
        ...(this.histories ?? new Array<undefined>(length).fill(undefined)),
        ...(right.histories ?? new Array<undefined>(right.keys.length).fill(undefined)),
      ];
    }
    for (const key of right.keys) this.keys.push(key);
    this.live += right.live;
  }

  private recountLive(): void {
    let live = 0;
    for (let slot = 0; slot < this.keys.length; slot++) if (this.version(slot) > 0) live++;
    this.live = live;
  }
}

/** `children[i]` holds the keys from `separators[i - 1]` up to, not including, `separators[i]`. */
export class Inner {
  readonly kind = 'inner';
  separators: BinaryString[];
  children: Node[];
  /** Live keys below each child: what makes a count cost O(log n). */
  live: number[];

  constructor(separators: BinaryString[], children: Node[], live: number[]) {
    this.separators = separators;
    this.children = children;
    this.live = live;
  }

  insertAfter(slot: number, separator: BinaryString, child: Node, live: number): void {
    this.separators.splice(slot, 0, separator);
    this.children.splice(slot + 1, 0, child);
    this.live.splice(slot + 1, 0, live);
  }

  remove(slot: number): void {
    // The neighbour takes over the key space; the very first child has its separator behind it.
    this.separators.splice(Math.max(slot - 1, 0), 1);
    this.children.splice(slot, 1);
    this.live.splice(slot, 1);
  }

  split(): { readonly separator: BinaryString; readonly right: Inner } {
    const middle = this.children.length >>> 1;
    const separator = this.separators[middle - 1] as BinaryString;
    const right = new Inner(
      this.separators.slice(middle),
      this.children.slice(middle),
      this.live.slice(middle),
    );
    this.separators = this.separators.slice(0, middle - 1);
    this.children = this.children.slice(0, middle);
    this.live = this.live.slice(0, middle);
    return { separator, right };
  }
}

export type Node = Leaf | Inner;

export function liveBelow(node: Node): number {
  if (node.kind === 'leaf') return node.live;
  let live = 0;
  for (const count of node.live) live += count;
  return live;
}

/** The first position whose key is not below `key`. */
export function lowerBound(keys: readonly BinaryString[], key: BinaryString): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as BinaryString) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The child that `key` belongs to. */
export function childSlot(separators: readonly BinaryString[], key: BinaryString): number {
  let low = 0;
  let high = separators.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((separators[middle] as BinaryString) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}

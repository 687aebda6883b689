import { assert, must, Revision } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import type { RevisionId } from '../backend.js';
import type { KeyRange } from '../key-range.js';
import { appendToHistory, isTombstoneAt, newestAt, revisionIdAt } from './key-history.js';
import { childSlot, Inner, Leaf, liveBelow, lowerBound, NODE_CAPACITY } from './node.js';
import type { Node } from './node.js';

/** A leaf that falls below this many keys tries to join a neighbour. */
const SPARSE_LEAF_KEYS = NODE_CAPACITY / 4;
/** Joined leaves must leave room, or the next insert would split them again. */
const JOINED_LEAF_KEYS = (NODE_CAPACITY * 3) / 4;

export type SlotVisitor = (leaf: Leaf, slot: number) => boolean;

/**
 * Every key of the store with its revisions: a B+tree whose inner nodes know how many LIVE keys are
 * below each child. It never reads the backend and holds no values.
 *
 * `find` moves a cursor (`leaf`, `slot`) instead of returning an object: it runs for every write.
 * Any `append`, `record` or `remove` invalidates the cursor and all leaves a caller has seen.
 */
export class KeyIndex {
  #root: Node = new Leaf();
  #size = 0;
  /** The cursor; the key found or, if it was not, where it belongs. */
  leaf: Leaf;
  slot = 0;
  readonly #path: Inner[] = [];
  readonly #pathSlots: number[] = [];
  #depth = 0;

  constructor() {
    this.leaf = this.#root as Leaf;
  }

  /** Keys with any history, live or not. */
  get size(): number {
    return this.#size;
  }

  get liveCount(): number {
    return liveBelow(this.#root);
  }

  find(key: BinaryString): boolean {
    let node = this.#root;
    let depth = 0;
    while (node.kind === 'inner') {
      const slot = childSlot(node.separators, key);
      this.#path[depth] = node;
      this.#pathSlots[depth++] = slot;
      node = node.children[slot] as Node;
    }
    this.#depth = depth;
    this.leaf = node;
    this.slot = lowerBound(node.keys, key);
    return this.slot < node.keys.length && node.keys[this.slot] === key;
  }

  /** Whether the key exists now; the cursor is on it if so. */
  findLive(key: BinaryString): boolean {
    return this.find(key) && this.leaf.version(this.slot) > 0;
  }

  append(key: BinaryString, main: number, sub: number, create: number, version: number): void {
    this.record(this.find(key), key, main, sub, create, version);
  }

  /**
   * Records the newest revision of a key: version 0 is a tombstone. Revisions of a key only grow.
   * The cursor must stand where the `find` that returned `found` has put it.
   */
  record(
    found: boolean,
    key: BinaryString,
    main: number,
    sub: number,
    create: number,
    version: number,
  ): void {
    if (found) this.#retireNewest(main, sub);
    else this.#insert(key);
    const { leaf, slot } = this;
    const change = Number(version > 0) - Number(leaf.version(slot) > 0);
    leaf.write(slot, main, sub, create, version);
    if (change !== 0) this.#addLive(change);
  }

  /** Forgets a key with all its revisions. */
  remove(key: BinaryString): void {
    assert(this.find(key), 'removing a key that is not indexed');
    const { leaf, slot } = this;
    if (leaf.version(slot) > 0) this.#addLive(-1);
    leaf.remove(slot);
    this.#size--;
    if (leaf.keys.length < SPARSE_LEAF_KEYS) this.#shrink(leaf);
  }

  /** Live keys of the range, in O(log n). */
  countLive(range: KeyRange): number {
    if (range.end !== undefined && range.end <= range.from) return 0;
    const below = range.end === undefined ? this.liveCount : this.#liveBefore(range.end);
    return below - this.#liveBefore(range.from);
  }

  /** Keys in order, until the visitor returns false; `liveOnly` skips dead subtrees unvisited. */
  visit(range: KeyRange, liveOnly: boolean, visitor: SlotVisitor): void {
    if (range.end !== undefined && range.end <= range.from) return;
    visitNode(this.#root, range.from, range.end, liveOnly, visitor);
  }

  /** Leaves from the one that `from` belongs to, with the first slot that counts. */
  visitLeaves(from: BinaryString, visitor: SlotVisitor): void {
    visitLeaf(this.#root, from, visitor);
  }

  #retireNewest(main: number, sub: number): void {
    const { leaf, slot } = this;
    const oldMain = leaf.main(slot);
    const oldSub = leaf.sub(slot);
    assert(oldMain < main || (oldMain === main && oldSub < sub), 'revisions of a key must grow');
    const tombstone = leaf.version(slot) === 0;
    leaf.setHistory(slot, appendToHistory(leaf.history(slot), oldMain, oldSub, tombstone));
  }

  #addLive(change: number): void {
    this.leaf.live += change;
    for (let depth = 0; depth < this.#depth; depth++) {
      const live = must(this.#path[depth], 'path').live;
      const slot = this.#pathSlots[depth] as number;
      live[slot] = (live[slot] as number) + change;
    }
  }

  #insert(key: BinaryString): void {
    if (this.leaf.keys.length === NODE_CAPACITY) {
      this.#splitLeaf(key);
      this.find(key);
    }
    this.leaf.insert(this.slot, key);
    this.leaf.write(this.slot, 0, 0, 0, 0);
    this.#size++;
  }

  #splitLeaf(key: BinaryString): void {
    const left = this.leaf;
    // Keys that arrive in order leave full leaves behind instead of half-empty ones.
    const atRightEdge = this.slot === NODE_CAPACITY && this.#atRightEdge();
    const right = left.splitAt(atRightEdge ? NODE_CAPACITY : NODE_CAPACITY / 2);
    this.#link(this.#depth, left, right, atRightEdge ? key : (right.keys[0] as BinaryString));
  }

  #atRightEdge(): boolean {
    for (let depth = 0; depth < this.#depth; depth++) {
      const node = must(this.#path[depth], 'path');
      if (this.#pathSlots[depth] !== node.children.length - 1) return false;
    }
    return true;
  }

  /** Hangs `right` beside `left`, which is `depth` steps below the root. */
  #link(depth: number, left: Node, right: Node, separator: BinaryString): void {
    const liveRight = liveBelow(right);
    if (depth === 0) {
      this.#root = new Inner([separator], [left, right], [liveBelow(left), liveRight]);
      return;
    }
    const parent = must(this.#path[depth - 1], 'path');
    const slot = this.#pathSlots[depth - 1] as number;
    parent.live[slot] = (parent.live[slot] as number) - liveRight;
    parent.insertAfter(slot, separator, right, liveRight);
    if (parent.children.length <= NODE_CAPACITY) return;
    const split = parent.split();
    this.#link(depth - 1, parent, split.right, split.separator);
  }

  #shrink(leaf: Leaf): void {
    if (this.#depth === 0) return;
    if (leaf.keys.length === 0) return this.#unlink(this.#depth - 1);
    const parent = must(this.#path[this.#depth - 1], 'path');
    const slot = this.#pathSlots[this.#depth - 1] as number;
    if (!joinLeaves(parent, slot)) joinLeaves(parent, slot - 1);
    this.#lowerRoot();
  }

  /** Removes an emptied child, and the nodes above it that this empties too. */
  #unlink(depth: number): void {
    const node = must(this.#path[depth], 'path');
    node.remove(this.#pathSlots[depth] as number);
    if (node.children.length > 0) return this.#lowerRoot();
    if (depth === 0) this.#root = new Leaf();
    else this.#unlink(depth - 1);
  }

  #lowerRoot(): void {
    while (this.#root.kind === 'inner' && this.#root.children.length === 1) {
      this.#root = this.#root.children[0] as Node;
    }
  }

  #liveBefore(key: BinaryString): number {
    let before = 0;
    let node = this.#root;
    while (node.kind === 'inner') {
      const slot = childSlot(node.separators, key);
      for (let i = 0; i < slot; i++) before += node.live[i] as number;
      node = node.children[slot] as Node;
    }
    const end = lowerBound(node.keys, key);
    if (node.live === node.keys.length) return before + end;
    for (let slot = 0; slot < end; slot++) if (node.version(slot) > 0) before++;
    return before;
  }
}

/**
 * The row that holds the key's state as of `revision`; undefined if it did not exist then. Right
 * for every revision not below the compaction's, whether or not that has come by here already.
 */
export function visibleAt(leaf: Leaf, slot: number, revision: number): RevisionId | undefined {
  if (leaf.main(slot) <= revision) {
    if (leaf.version(slot) === 0) return undefined;
    return { main: Revision(leaf.main(slot)), sub: leaf.sub(slot) };
  }
  const history = leaf.history(slot);
  if (history === undefined) return undefined;
  const position = newestAt(history, revision);
  if (position < 0 || isTombstoneAt(history, position)) return undefined;
  return revisionIdAt(history, position);
}

function joinLeaves(parent: Inner, slot: number): boolean {
  const left = parent.children[slot];
  const right = parent.children[slot + 1];
  if (left?.kind !== 'leaf' || right?.kind !== 'leaf') return false;
  if (left.keys.length + right.keys.length > JOINED_LEAF_KEYS) return false;
  left.absorb(right);
  parent.live[slot] = left.live;
  parent.remove(slot + 1);
  return true;
}

function visitNode(
  node: Node,
  from: BinaryString,
  end: BinaryString | undefined,
  liveOnly: boolean,
  visitor: SlotVisitor,
): boolean {
  if (node.kind === 'leaf') return visitSlots(node, from, end, liveOnly, visitor);
  for (let i = childSlot(node.separators, from); i < node.children.length; i++) {
    if (end !== undefined && i > 0 && (node.separators[i - 1] as BinaryString) >= end) return false;
    if (liveOnly && node.live[i] === 0) continue;
    if (!visitNode(node.children[i] as Node, from, end, liveOnly, visitor)) return false;
  }
  return true;
}

function visitSlots(
  leaf: Leaf,
  from: BinaryString,
  end: BinaryString | undefined,
  liveOnly: boolean,
  visitor: SlotVisitor,
): boolean {
  const stop = end === undefined ? leaf.keys.length : lowerBound(leaf.keys, end);
  for (let slot = lowerBound(leaf.keys, from); slot < stop; slot++) {
    if (liveOnly && leaf.version(slot) === 0) continue;
    if (!visitor(leaf, slot)) return false;
  }
  return stop === leaf.keys.length;
}

function visitLeaf(node: Node, from: BinaryString, visitor: SlotVisitor): boolean {
  if (node.kind === 'leaf') return visitor(node, lowerBound(node.keys, from));
  for (let i = childSlot(node.separators, from); i < node.children.length; i++) {
    if (!visitLeaf(node.children[i] as Node, from, visitor)) return false;
  }
  return true;
}

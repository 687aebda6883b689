import type { BinaryString } from '@etcd-ts/foundation';
import type { KeyInterval } from './key-interval.js';

interface Node<T> extends KeyInterval {
  readonly begin: BinaryString;
  readonly end: BinaryString;
  readonly values: Set<T>;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
  height: number;
  /** The greatest end in this subtree: what lets a search skip it. */
  maxEnd: BinaryString;
}

/**
 * Which of many intervals contain a key: O(log n + matches). An AVL tree ordered by (begin, end);
 * each distinct interval is one node however many values it has, for watchers of one prefix are
 * often thousands.
 */
export class IntervalTree<T> {
  #root: Node<T> | undefined;
  #intervals = 0;

  /** Distinct intervals. */
  get intervals(): number {
    return this.#intervals;
  }

  /** Adding a value to an interval that has it already changes nothing. */
  add(interval: KeyInterval, value: T): void {
    const existing = this.#find(interval);
    if (existing !== undefined) {
      existing.values.add(value);
      return;
    }
    this.#root = inserted(this.#root, leaf(interval, value));
    this.#intervals++;
  }

  /** True if it was there. */
  remove(interval: KeyInterval, value: T): boolean {
    const node = this.#find(interval);
    if (node === undefined || !node.values.delete(value)) return false;
    if (node.values.size > 0) return true;
    this.#root = removed(this.#root, interval);
    this.#intervals--;
    return true;
  }

  /** Appends the values of every interval that contains `key` to `found`. */
  collect(key: BinaryString, found: T[]): void {
    collect(this.#root, key, found);
  }

  /** The longest path down; for tests of the balance. */
  get height(): number {
    return heightOf(this.#root);
  }

  #find(interval: KeyInterval): Node<T> | undefined {
    let node = this.#root;
    while (node !== undefined) {
      const order = compare(interval, node);
      if (order === 0) return node;
      node = order < 0 ? node.left : node.right;
    }
    return undefined;
  }
}

function collect<T>(from: Node<T> | undefined, key: BinaryString, found: T[]): void {
  let node = from;
  while (node !== undefined && key < node.maxEnd) {
    collect(node.left, key, found);
    // Everything to the right begins no earlier.
    if (key < node.begin) return;
    if (key < node.end) for (const value of node.values) found.push(value);
    node = node.right;
  }
}

function leaf<T>({ begin, end }: KeyInterval, value: T): Node<T> {
  const values = new Set([value]);
  return { begin, end, values, left: undefined, right: undefined, height: 1, maxEnd: end };
}

function compare(a: KeyInterval, b: KeyInterval): number {
  if (a.begin !== b.begin) return a.begin < b.begin ? -1 : 1;
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  return 0;
}

function inserted<T>(node: Node<T> | undefined, added: Node<T>): Node<T> {
  if (node === undefined) return added;
  if (compare(added, node) < 0) node.left = inserted(node.left, added);
  else node.right = inserted(node.right, added);
  return balanced(node);
}

function removed<T>(node: Node<T> | undefined, interval: KeyInterval): Node<T> | undefined {
  if (node === undefined) return undefined;
  const order = compare(interval, node);
  if (order < 0) node.left = removed(node.left, interval);
  else if (order > 0) node.right = removed(node.right, interval);
  else return joined(node.left, node.right);
  return balanced(node);
}

/** Two subtrees whose common parent is gone; their heights differ by one at most. */
function joined<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (left === undefined) return right;
  if (right === undefined) return left;
  const [first, rest] = withoutFirst(right);
  first.left = left;
  first.right = rest;
  return balanced(first);
}

function withoutFirst<T>(node: Node<T>): [first: Node<T>, rest: Node<T> | undefined] {
  if (node.left === undefined) return [node, node.right];
  const [first, rest] = withoutFirst(node.left);
  node.left = rest;
  return [first, balanced(node)];
}

function heightOf<T>(node: Node<T> | undefined): number {
  return node === undefined ? 0 : node.height;
}

function refreshed<T>(node: Node<T>): Node<T> {
  const { left, right } = node;
  node.height = 1 + Math.max(heightOf(left), heightOf(right));
  let maxEnd = node.end;
  if (left !== undefined && left.maxEnd > maxEnd) maxEnd = left.maxEnd;
  if (right !== undefined && right.maxEnd > maxEnd) maxEnd = right.maxEnd;
  node.maxEnd = maxEnd;
  return node;
}

/** The root of the subtree after its children changed by at most one level. */
function balanced<T>(node: Node<T>): Node<T> {
  const { left, right } = node;
  const lean = heightOf(left) - heightOf(right);
  if (left !== undefined && lean > 1) {
    if (heightOf(left.left) < heightOf(left.right)) node.left = rotatedLeft(left);
    return rotatedRight(node);
  }
  if (right !== undefined && lean < -1) {
    if (heightOf(right.right) < heightOf(right.left)) node.right = rotatedRight(right);
    return rotatedLeft(node);
  }
  return refreshed(node);
}

function rotatedLeft<T>(node: Node<T>): Node<T> {
  const right = node.right;
  if (right === undefined) return refreshed(node);
  node.right = right.left;
  right.left = refreshed(node);
  return refreshed(right);
}

function rotatedRight<T>(node: Node<T>): Node<T> {
  const left = node.left;
  if (left === undefined) return refreshed(node);
  node.left = left.right;
  left.right = refreshed(node);
  return refreshed(left);
}

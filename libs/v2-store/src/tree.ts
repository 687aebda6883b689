import { IndexedHeap, must } from '@etcd-ts/foundation';
import { childPath, compareKeys, segmentsOf } from './key-path.js';
import { V2Node } from './node.js';
import type { NodeRecord, V2Records } from './v2-records.js';

export type Found =
  | { readonly kind: 'found'; readonly node: V2Node }
  /** The first part of the path that is not there. */
  | { readonly kind: 'missing'; readonly path: string }
  /** A file on the way. */
  | { readonly kind: 'notDirectory'; readonly path: string };

/** What a node is made with. */
export interface NewContent {
  readonly dir: boolean;
  /** Of a file. */
  readonly value: string;
  /** Of the store, with this change. */
  readonly index: number;
  readonly expirationNs?: bigint | undefined;
}

/**
 * The directories that are always there, for the cluster and for keys: never made, changed or
 * recorded.
 */
const NAMESPACES = ['0', '1'];

/**
 * The nodes, and which of them expire when. What the tree holds its records hold: every change goes
 * to both.
 */
export class Tree {
  readonly #records: V2Records;
  #root = rootNode();
  #lastId = 0;
  /**
   * Equal times are ordered by what every member knows alike, never by the order in which the heap
   * was filled, which a restart changes: each expiry takes an index.
   */
  readonly #expiries = new IndexedHeap<V2Node>((a, b) => expiresBefore(a, b));

  constructor(records: V2Records) {
    this.#records = records;
    this.restore([], 0);
  }

  /** When the first node expires, in nanoseconds since the epoch; undefined: none does. */
  get nextExpirationNs(): bigint | undefined {
    return this.#expiries.peek()?.expirationNs;
  }

  expiredBy(timeNs: bigint): V2Node | undefined {
    const first = this.#expiries.peek();
    return first?.expirationNs !== undefined && first.expirationNs <= timeNs ? first : undefined;
  }

  /** The id of the node that was made last; stored, so that all members give the same ids. */
  get lastId(): number {
    return this.#lastId;
  }

  restore(records: Iterable<NodeRecord>, lastId: number): void {
    this.#expiries.clear();
    this.#root = rootNode();
    const nodes = new Map([[0, this.#root]]);
    NAMESPACES.forEach((name, at) => {
      const content = { id: at + 1, name, dir: true, value: '' };
      const node = new V2Node({ ...content, createdIndex: 0, modifiedIndex: 0 }, this.#root);
      nodes.set(node.id, node);
      this.#attach(node, this.#root, undefined);
    });
    this.#lastId = Math.max(lastId, NAMESPACES.length);
    for (const record of records) {
      const parent = must(nodes.get(record.parentId), () => `no directory for node ${record.id}`);
      const node = new V2Node(record, parent);
      nodes.set(record.id, node);
      this.#attach(node, parent, record.expirationNs);
    }
  }

  find(path: string): Found {
    let node = this.#root;
    for (const name of segmentsOf(path)) {
      if (node.children === undefined) return { kind: 'notDirectory', path: node.path };
      const child = node.children.get(name);
      if (child === undefined) return { kind: 'missing', path: childPath(node.path, name) };
      node = child;
    }
    return { kind: 'found', node };
  }

  /** The directory at this path, made with its parents where there is none. */
  directory(path: string, index: number): Exclude<Found, { readonly kind: 'missing' }> {
    let node = this.#root;
    for (const name of segmentsOf(path)) {
      if (node.children === undefined) break;
      node = node.children.get(name) ?? this.add(node, name, { dir: true, value: '', index });
    }
    return node.isDir ? { kind: 'found', node } : { kind: 'notDirectory', path: node.path };
  }

  /** The name must be free in this directory. */
  add(parent: V2Node, name: string, content: NewContent): V2Node {
    const { dir, value, index } = content;
    const id = ++this.#lastId;
    const node = new V2Node(
      { id, name, dir, value, createdIndex: index, modifiedIndex: index },
      parent,
    );
    this.#attach(node, parent, content.expirationNs);
    this.#save(node);
    return node;
  }

  /** Makes a file anew where another is. */
  replace(node: V2Node, { value, index, expirationNs }: NewContent): V2Node {
    node.createdIndex = index;
    this.update(node, { value, index }, expirationNs);
    return node;
  }

  /** Changes a file's value and index, and when a node expires. */
  update(
    node: V2Node,
    change: { readonly value: string; readonly index: number } | undefined,
    expirationNs: bigint | undefined,
  ): void {
    if (change !== undefined) {
      node.value = change.value;
      node.modifiedIndex = change.index;
    }
    this.#expire(node, expirationNs);
    this.#save(node);
  }

  /** With all that is in it. */
  remove(node: V2Node): void {
    node.parent?.children?.delete(node.name);
    const gone = [node];
    for (let next = gone.pop(); next !== undefined; next = gone.pop()) {
      this.#expire(next, undefined);
      this.#records.removeNode(next.id);
      for (const child of next.children?.values() ?? []) gone.push(child);
    }
  }

  #attach(node: V2Node, parent: V2Node, expirationNs: bigint | undefined): void {
    must(parent.children, () => `${parent.path} is not a directory`).set(node.name, node);
    this.#expire(node, expirationNs);
  }

  #expire(node: V2Node, expirationNs: bigint | undefined): void {
    if (node.heapIndex >= 0) this.#expiries.remove(node);
    node.expirationNs = expirationNs;
    if (expirationNs !== undefined) this.#expiries.push(node);
  }

  #save(node: V2Node): void {
    const { id, name, isDir: dir, value, createdIndex, modifiedIndex, expirationNs } = node;
    const parentId = must(node.parent, 'the root has no record').id;
    this.#records.saveNode({
      id,
      parentId,
      name,
      dir,
      value,
      createdIndex,
      modifiedIndex,
      expirationNs,
    });
  }
}

function rootNode(): V2Node {
  const content = { id: 0, name: '', dir: true, value: '', createdIndex: 0, modifiedIndex: 0 };
  return new V2Node(content, undefined);
}

function expiresBefore(a: V2Node, b: V2Node): boolean {
  const left = must(a.expirationNs, 'in the heap without a time');
  const right = must(b.expirationNs, 'in the heap without a time');
  if (left !== right) return left < right;
  if (a.modifiedIndex !== b.modifiedIndex) return a.modifiedIndex < b.modifiedIndex;
  return compareKeys(a.path, b.path) < 0;
}

import type { HeapEntry } from '@etcd-ts/foundation';
import type { NodeView } from './event.js';
import { childPath, compareKeys, isHiddenName } from './key-path.js';

/** What is known of a node when it is made. */
export interface NodeContent {
  readonly id: number;
  /** Empty for the root. */
  readonly name: string;
  readonly dir: boolean;
  readonly value: string;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
}

/**
 * A file or a directory of the tree. It knows its name, not its path: with paths kept, the nodes of
 * one request for a deep key would take memory by the square of its length.
 */
export class V2Node implements HeapEntry {
  readonly id: number;
  readonly name: string;
  readonly parent: V2Node | undefined;
  /** Changed by its tree only. */
  createdIndex: number;
  modifiedIndex: number;
  /** Nanoseconds since the epoch; undefined: permanent. Changed by its tree only. */
  expirationNs: bigint | undefined;
  /** Of a file; a directory's is empty. */
  value: string;
  /** Present exactly in a directory, in the order in which they were made. */
  readonly children: Map<string, V2Node> | undefined;
  heapIndex = -1;

  constructor(content: NodeContent, parent: V2Node | undefined) {
    this.id = content.id;
    this.name = content.name;
    this.parent = parent;
    this.createdIndex = content.createdIndex;
    this.modifiedIndex = content.modifiedIndex;
    this.value = content.dir ? '' : content.value;
    this.children = content.dir ? new Map() : undefined;
  }

  /** Clean, with the namespace. */
  get path(): string {
    if (this.parent === undefined) return '/';
    const names = [this.name];
    for (let above = this.parent; above.parent !== undefined; above = above.parent) {
      names.push(above.name);
    }
    return `/${names.reverse().join('/')}`;
  }

  get isDir(): boolean {
    return this.children !== undefined;
  }

  /** Without children. */
  view(key = this.path): NodeView {
    const { expirationNs, modifiedIndex, createdIndex } = this;
    return this.isDir
      ? { key, value: undefined, dir: true, expirationNs, modifiedIndex, createdIndex }
      : { key, value: this.value, dir: undefined, expirationNs, modifiedIndex, createdIndex };
  }

  /** With its visible children, and theirs if `recursive`. A file is its own view. */
  listing(recursive: boolean, sorted: boolean): NodeView {
    if (!this.isDir) return this.view();
    const top = { node: this as V2Node, view: { ...this.view(), nodes: [] as NodeView[] } };
    // Its own stack: a tree may be as deep as the longest path is long, deeper than calls nest.
    const open = [top];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const child of next.node.visibleChildren(sorted)) {
        const view = child.view(childPath(next.view.key, child.name));
        if (!recursive || !child.isDir) {
          next.view.nodes.push(view);
          continue;
        }
        const opened = { node: child, view: { ...view, nodes: [] } };
        next.view.nodes.push(opened.view);
        open.push(opened);
      }
    }
    return top.view;
  }

  visibleChildren(sorted: boolean): V2Node[] {
    const visible = [...(this.children?.values() ?? [])].filter(({ name }) => !isHiddenName(name));
    return sorted ? visible.sort((a, b) => compareKeys(a.name, b.name)) : visible;
  }
}

import { must } from '@etcd-ts/foundation';
import { ELEMENT_BYTES, PAGE_HEADER_BYTES, pagesFor } from '../format/page.js';

/** An entry on its way into a leaf. While a file is planned only the sizes are known. */
export interface LeafItem<K, V> {
  readonly key: K;
  readonly keyBytes: number;
  readonly value: V;
  readonly valueBytes: number;
}

/** A page that a branch will point to, under the first key below it. */
export interface ChildItem<K> {
  readonly key: K;
  readonly keyBytes: number;
  readonly page: number;
}

/** Where finished pages go, in file order. Both return the id of the page they placed. */
export interface PageSink<K, V> {
  leaf(items: readonly LeafItem<K, V>[], pages: number): number;
  branch(items: readonly ChildItem<K>[], pages: number): number;
}

/**
 * bbolt merges an underfull page with its neighbour under the same branch, and panics when a branch
 * has no second child. So no branch may ever have fewer than two.
 */
const MIN_CHILDREN = 2;

interface Level<K> {
  readonly children: ChildItem<K>[];
  /** How many of them fit in one page; the rest waits for more. */
  fitting: number;
  fittingBytes: number;
}

/**
 * Cuts an ascending sequence of entries into the pages of one B+tree, in one pass and with no more
 * in memory than one unfinished page for each level: a branch goes into the file as soon as it is
 * full, after the last page below it. The same cuts follow from the sizes alone, which is what
 * makes a plan and a file agree.
 */
export class TreeBuilder<K, V> {
  readonly #pageSizeBytes: number;
  readonly #sink: PageSink<K, V>;
  readonly #levels: Level<K>[] = [];
  #leaf: LeafItem<K, V>[] = [];
  #leafBytes = PAGE_HEADER_BYTES;

  constructor(pageSizeBytes: number, sink: PageSink<K, V>) {
    this.#pageSizeBytes = pageSizeBytes;
    this.#sink = sink;
  }

  /** `key` is kept until its leaf's parent is written, `value` until the leaf is. */
  add(item: LeafItem<K, V>): void {
    const bytes = ELEMENT_BYTES + item.keyBytes + item.valueBytes;
    if (this.#leaf.length > 0 && this.#leafBytes + bytes > this.#pageSizeBytes) this.#endLeaf();
    this.#leaf.push(item);
    this.#leafBytes += bytes;
  }

  /** The root page. A tree without entries is one empty leaf. */
  finish(): number {
    if (this.#levels.length === 0) return this.#sink.leaf(this.#leaf, this.#leafPages());
    this.#endLeaf();
    for (let depth = 0; ; depth++) {
      const { children, fitting } = this.#level(depth);
      const first = must(children[0], 'a level has a child');
      if (children.length === 1) return first.page;
      // One too many for a page at most, since a page is written once two more are there.
      if (children.length > fitting && children.length >= 2 * MIN_CHILDREN) {
        this.#endBranch(depth, children.splice(0, children.length - MIN_CHILDREN));
      }
      this.#endBranch(depth, children.splice(0));
    }
  }

  #leafPages(): number {
    return pagesFor(this.#leafBytes, this.#pageSizeBytes);
  }

  #endLeaf(): void {
    const { key, keyBytes } = must(this.#leaf[0], 'a leaf below a branch has entries');
    const page = this.#sink.leaf(this.#leaf, this.#leafPages());
    this.#leaf = [];
    this.#leafBytes = PAGE_HEADER_BYTES;
    this.#addChild(0, { key, keyBytes, page });
  }

  #level(depth: number): Level<K> {
    const level = this.#levels[depth] ?? { children: [], fitting: 0, fittingBytes: 0 };
    this.#levels[depth] = level;
    return level;
  }

  #addChild(depth: number, child: ChildItem<K>): void {
    const level = this.#level(depth);
    level.children.push(child);
    this.#fit(level);
    if (level.children.length < level.fitting + MIN_CHILDREN) return;
    const full = level.children.splice(0, level.fitting);
    level.fitting = 0;
    this.#fit(level);
    this.#endBranch(depth, full);
  }

  /** Counts the children of a level that go into its next page: as many as fit, two in any case. */
  #fit(level: Level<K>): void {
    if (level.fitting === 0) level.fittingBytes = PAGE_HEADER_BYTES;
    for (const { keyBytes } of level.children.slice(level.fitting)) {
      const bytes = level.fittingBytes + ELEMENT_BYTES + keyBytes;
      if (bytes > this.#pageSizeBytes && level.fitting >= MIN_CHILDREN) return;
      level.fitting++;
      level.fittingBytes = bytes;
    }
  }

  #endBranch(depth: number, children: readonly ChildItem<K>[]): void {
    const { key, keyBytes } = must(children[0], 'a branch has children');
    const bytes = children.reduce(
      (sum, child) => sum + ELEMENT_BYTES + child.keyBytes,
      PAGE_HEADER_BYTES,
    );
    const page = this.#sink.branch(children, pagesFor(bytes, this.#pageSizeBytes));
    this.#addChild(depth + 1, { key, keyBytes, page });
  }
}

import { BoltError } from '../bolt-error.js';
import { PageKind } from '../format/page.js';
import type { PageFile } from './page-file.js';
import type { PageView } from './page-view.js';

/**
 * Each level at least doubles the pages, so no file on earth is deeper: this one goes in a circle.
 * It is enough against all circles. A page must lie within the bounds of the element that names it,
 * and no two elements' bounds overlap; so a page found twice is out of order the second time, unless
 * it is an empty leaf, or a branch with itself as its only child.
 */
const MAX_DEPTH = 48;

/** Told of every page read from the file, before what is on it; throws to end the walk. */
export type VisitPage = (page: PageView) => void;

/** The keys that may be in a part of a tree. */
interface Bounds {
  /** Inclusive. */
  readonly lower: Buffer | undefined;
  /** Exclusive. */
  readonly upper: Buffer | undefined;
}

/**
 * The leaves of one tree from the one that may hold `fromKey`, in order of their keys, which are
 * found ascending within each and from one to the next. Reads the pages it needs and no others, and
 * keeps one for each level. Throws BoltError.
 */
export class TreeWalk {
  readonly #file: PageFile;
  readonly #fromKey: Buffer | undefined;
  readonly #visit: VisitPage | undefined;

  constructor(file: PageFile, fromKey?: Buffer, visit?: VisitPage) {
    this.#file = file;
    this.#fromKey = fromKey;
    this.#visit = visit;
  }

  *leaves(root: PageView): Generator<PageView> {
    yield* this.#below(root, { lower: undefined, upper: undefined }, 0);
  }

  *#below(page: PageView, bounds: Bounds, depth: number): Generator<PageView> {
    if (page.id !== 0) this.#visit?.(page);
    if (page.kind === PageKind.freelist) throw page.damage(`page ${page.id} is no part of a tree`);
    checkOrder(page, bounds);
    if (page.kind === PageKind.leaf) {
      yield page;
      return;
    }
    if (depth >= MAX_DEPTH) throw page.damage(`page ${page.id} is ${depth} levels deep`);
    if (page.count === 0) throw page.damage(`branch ${page.id} has no children`);
    const first = this.#fromKey === undefined ? 0 : Math.max(0, upTo(page, this.#fromKey) - 1);
    for (let i = first; i < page.count; i++) {
      const child = this.#file.page(page.child(i), page.elementOffset(i));
      const upper = i + 1 < page.count ? page.key(i + 1) : bounds.upper;
      yield* this.#below(child, { lower: page.key(i), upper }, depth + 1);
    }
  }
}

/** How many keys of the page are at or below `key`. */
export function upTo(page: PageView, key: Buffer): number {
  let low = 0;
  let high = page.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (page.key(middle).compare(key) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkOrder(page: PageView, { lower, upper }: Bounds): void {
  let previous = lower;
  for (let i = 0; i < page.count; i++) {
    const key = page.key(i);
    // The first key of a page may be the one its branch names; any other is above its neighbour.
    const order = previous === undefined ? -1 : previous.compare(key);
    if (i === 0 ? order > 0 : order >= 0) throw outOfOrder(page, i);
    previous = key;
  }
  if (
    page.count > 0 &&
    previous !== undefined &&
    upper !== undefined &&
    previous.compare(upper) >= 0
  )
    throw outOfOrder(page, page.count - 1);
}

function outOfOrder(page: PageView, index: number): BoltError {
  const message = `key ${index} of page ${page.id} is out of order`;
  return new BoltError('damaged', message, page.elementOffset(index));
}

import { BoltError } from '../bolt-error.js';
import {
  FIRST_PAGE_ID,
  FREELIST_COUNT_ELSEWHERE,
  FREELIST_ID_BYTES,
  PAGE_HEADER_BYTES,
  PageKind,
  readUint64,
} from '../format/page.js';
import type { PageFile } from './page-file.js';
import type { PageView } from './page-view.js';
import { TreeWalk } from './tree-walk.js';

/** Pages between two yields: about a millisecond. */
const SLICE_PAGES = 64;

const UNKNOWN = 0;
const USED = 1;
const FREE = 2;

/** Whether the pages of a file are one whole: one byte of memory for each of them. */
export class FileCheck {
  readonly #file: PageFile;
  readonly #pages: Uint8Array;
  #visited = 0;

  constructor(file: PageFile) {
    this.#file = file;
    this.#pages = new Uint8Array(file.meta.highWater);
    this.#pages.fill(USED, 0, FIRST_PAGE_ID);
  }

  /** `roots` as the bucket of buckets has them. Throws BoltError at the first fault. */
  *run(roots: Iterable<number | PageView>): Generator<undefined, void> {
    const { rootPage, freelistPage } = this.#file.meta;
    if (freelistPage !== undefined) this.#freelist(this.#file.page(freelistPage, 0));
    yield* this.#tree(this.#file.page(rootPage, 0), true);
    for (const root of roots) {
      yield* this.#tree(typeof root === 'number' ? this.#file.page(root, 0) : root, false);
    }
    // Without a list, bbolt takes every page that it does not reach for free.
    if (freelistPage !== undefined) this.#lost();
  }

  *#tree(root: PageView, isBucketOfBuckets: boolean): Generator<undefined, void> {
    const walk = new TreeWalk(this.#file, undefined, (page) => this.#use(page));
    for (const leaf of walk.leaves(root)) {
      for (let i = 0; i < leaf.count; i++) {
        leaf.value(i);
        if (leaf.isBucket(i) !== isBucketOfBuckets) throw leaf.nestedBucket(i);
      }
      if (++this.#visited % SLICE_PAGES === 0) yield;
    }
  }

  #freelist(page: PageView): void {
    if (page.kind !== PageKind.freelist) throw page.damage(`page ${page.id} is no freelist`);
    this.#use(page);
    const isLong = page.count === FREELIST_COUNT_ELSEWHERE;
    const start = PAGE_HEADER_BYTES + (isLong ? FREELIST_ID_BYTES : 0);
    const room = Math.floor((page.bytes.length - start) / FREELIST_ID_BYTES);
    const count = isLong ? readUint64(page.bytes, PAGE_HEADER_BYTES) : page.count;
    if (count > room) throw page.damage(`the freelist has ${count} pages, more than fit`);
    for (let i = 0; i < count; i++) {
      const at = start + i * FREELIST_ID_BYTES;
      const id = readUint64(page.bytes, at);
      if (this.#pages[id] !== UNKNOWN) throw page.damage(`page ${id} cannot be free`, at);
      this.#pages[id] = FREE;
    }
  }

  #use(page: PageView): void {
    for (let id = page.id; id < page.id + page.pages; id++) {
      if (this.#pages[id] === FREE) throw page.damage(`page ${id} is in use and free`);
      if (this.#pages[id] !== UNKNOWN) throw page.damage(`page ${id} is in use twice`);
      this.#pages[id] = USED;
    }
  }

  #lost(): void {
    const id = this.#pages.indexOf(UNKNOWN);
    if (id < 0) return;
    const offset = id * this.#file.meta.pageSizeBytes;
    throw new BoltError('damaged', `page ${id} is neither in use nor free`, offset);
  }
}

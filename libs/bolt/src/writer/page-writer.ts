import { assert } from '@etcd-ts/foundation';
import {
  ELEMENT_BYTES,
  PAGE_HEADER_BYTES,
  PageKind,
  writePageHeader,
  writeUint64,
} from '../format/page.js';
import { type Meta, writeMetaPage } from '../format/meta-page.js';
import type { ChildItem, LeafItem, PageSink } from './tree-builder.js';

/** What one chunk has: large enough for one cheap write, small enough for any socket's queue. */
export const CHUNK_BYTES = 65_536;

/** Lays pages out one after the other, and hands the bytes out in chunks. */
export class PageWriter implements PageSink<Uint8Array, Uint8Array> {
  readonly #pageSizeBytes: number;
  readonly #ready: Uint8Array[] = [];
  #chunk: Buffer = Buffer.alloc(0);
  #used = 0;
  #nextPage = 0;
  /** In the flags of every entry of the leaves. */
  entryFlags = 0;

  constructor(pageSizeBytes: number) {
    this.#pageSizeBytes = pageSizeBytes;
  }

  get nextPage(): number {
    return this.#nextPage;
  }

  meta(meta: Meta): void {
    writeMetaPage(this.#allocate(1), this.#nextPage, meta);
    this.#nextPage++;
  }

  emptyFreelist(): void {
    this.#page(PageKind.freelist, 0, 1);
  }

  leaf(items: readonly LeafItem<Uint8Array, Uint8Array>[], pages: number): number {
    const { id, page } = this.#page(PageKind.leaf, items.length, pages);
    let element = PAGE_HEADER_BYTES;
    let data = element + items.length * ELEMENT_BYTES;
    for (const { key, value } of items) {
      page.writeUInt32LE(this.entryFlags, element);
      page.writeUInt32LE(data - element, element + 4);
      page.writeUInt32LE(key.length, element + 8);
      page.writeUInt32LE(value.length, element + 12);
      page.set(key, data);
      page.set(value, data + key.length);
      element += ELEMENT_BYTES;
      data += key.length + value.length;
    }
    return id;
  }

  branch(children: readonly ChildItem<Uint8Array>[], pages: number): number {
    const { id, page } = this.#page(PageKind.branch, children.length, pages);
    let element = PAGE_HEADER_BYTES;
    let data = element + children.length * ELEMENT_BYTES;
    for (const child of children) {
      page.writeUInt32LE(data - element, element);
      page.writeUInt32LE(child.key.length, element + 4);
      writeUint64(page, child.page, element + 8);
      page.set(child.key, data);
      element += ELEMENT_BYTES;
      data += child.key.length;
    }
    return id;
  }

  /** The full chunks so far; with `isEnd` also what is left. */
  *take(isEnd = false): Generator<Uint8Array> {
    if (isEnd) this.#endChunk();
    for (const bytes of this.#ready.splice(0)) {
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        yield bytes.subarray(at, at + CHUNK_BYTES);
      }
    }
  }

  #page(kind: PageKind, count: number, pages: number): { id: number; page: Buffer } {
    const page = this.#allocate(pages);
    const id = this.#nextPage;
    writePageHeader(page, { id, kind, count, overflow: pages - 1 });
    this.#nextPage += pages;
    return { id, page };
  }

  /** Zeroed: what pages leave free must not carry this process's memory to another machine. */
  #allocate(pages: number): Buffer {
    const bytes = pages * this.#pageSizeBytes;
    if (this.#used + bytes > this.#chunk.length) {
      this.#endChunk();
      this.#chunk = Buffer.alloc(Math.max(bytes, CHUNK_BYTES));
    }
    const page = this.#chunk.subarray(this.#used, this.#used + bytes);
    this.#used += bytes;
    return page;
  }

  #endChunk(): void {
    assert(this.#used <= this.#chunk.length, 'pages end within their chunk');
    if (this.#used > 0) this.#ready.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.alloc(0);
    this.#used = 0;
  }
}

import { BoltError } from '../bolt-error.js';
import {
  BUCKET_FLAG,
  ELEMENT_BYTES,
  PAGE_HEADER_BYTES,
  PageKind,
  readUint64,
} from '../format/page.js';

/**
 * One page in memory whose elements have been found to be in place, so that what they point to can
 * be taken without looking again. Making one throws BoltError('damaged').
 */
export class PageView {
  readonly bytes: Buffer;
  readonly kind: PageKind;
  readonly count: number;
  /** How many page ids it takes, this one included. */
  readonly pages: number;
  /** 0 for the page inside an inline bucket. */
  readonly id: number;
  /** In the file. */
  readonly offset: number;

  private constructor(bytes: Buffer, offset: number, id: number, kind: PageKind) {
    this.bytes = bytes;
    this.offset = offset;
    this.id = id;
    this.kind = kind;
    this.count = bytes.readUInt16LE(10);
    this.pages = PageView.pagesIn(bytes);
    if (kind !== PageKind.freelist) this.#checkElements();
  }

  /** From the header alone, before the rest of the page is in memory. */
  static pagesIn(header: Buffer): number {
    return header.readUInt32LE(12) + 1;
  }

  static of(bytes: Buffer, offset: number, id: number): PageView {
    const kind = bytes.readUInt16LE(8);
    if (readUint64(bytes, 0) !== id) {
      throw new BoltError('damaged', `page ${id} says it is ${readUint64(bytes, 0)}`, offset);
    }
    if (kind !== PageKind.branch && kind !== PageKind.leaf && kind !== PageKind.freelist) {
      throw new BoltError('damaged', `page ${id} is of kind ${kind}`, offset);
    }
    return new PageView(bytes, offset, id, kind);
  }

  /** The leaf in the value of a small bucket, behind the bucket's header. */
  static inline(bytes: Buffer, offset: number): PageView {
    if (bytes.length < PAGE_HEADER_BYTES || bytes.readUInt16LE(8) !== PageKind.leaf) {
      throw new BoltError('damaged', 'an inline bucket is no leaf', offset);
    }
    return new PageView(bytes, offset, 0, PageKind.leaf);
  }

  damage(message: string, at = 0): BoltError {
    return new BoltError('damaged', message, this.offset + at);
  }

  nestedBucket(index: number): BoltError {
    return new BoltError('unsupported', 'a bucket within a bucket', this.elementOffset(index));
  }

  elementOffset(index: number): number {
    return this.offset + this.#element(index);
  }

  isBucket(index: number): boolean {
    return (this.bytes.readUInt32LE(this.#element(index)) & BUCKET_FLAG) !== 0;
  }

  /** Of a branch or a leaf. */
  key(index: number): Buffer {
    const start = this.#keyStart(index);
    return this.bytes.subarray(start, start + this.#keyBytes(index));
  }

  /** Of a leaf. */
  value(index: number): Buffer {
    const start = this.#keyStart(index) + this.#keyBytes(index);
    return this.bytes.subarray(start, start + this.#valueBytes(index));
  }

  /** In the file; of a leaf. */
  valueOffset(index: number): number {
    return this.offset + this.#keyStart(index) + this.#keyBytes(index);
  }

  /** Of a branch. */
  child(index: number): number {
    return readUint64(this.bytes, this.#element(index) + 8);
  }

  /**
   * What elements point to lies behind all of them, within the page, and in their order without
   * overlap: one byte belongs to one entry, so the entries of a file are never more than the file.
   */
  #checkElements(): void {
    let free = PAGE_HEADER_BYTES + this.count * ELEMENT_BYTES;
    if (free > this.bytes.length) {
      throw this.damage(`page ${this.id} has ${this.count} elements, more than fit`);
    }
    for (let i = 0; i < this.count; i++) {
      const start = this.#keyStart(i);
      const keyBytes = this.#keyBytes(i);
      const end = start + keyBytes + this.#valueBytes(i);
      if (keyBytes === 0 || start < free || end > this.bytes.length) {
        throw this.damage(`element ${i} of page ${this.id} is out of place`, this.#element(i));
      }
      free = end;
    }
  }

  #element(index: number): number {
    return PAGE_HEADER_BYTES + index * ELEMENT_BYTES;
  }

  #keyStart(index: number): number {
    const element = this.#element(index);
    return element + this.bytes.readUInt32LE(element + (this.kind === PageKind.leaf ? 4 : 0));
  }

  #keyBytes(index: number): number {
    return this.bytes.readUInt32LE(this.#element(index) + (this.kind === PageKind.leaf ? 8 : 4));
  }

  #valueBytes(index: number): number {
    return this.kind === PageKind.leaf ? this.bytes.readUInt32LE(this.#element(index) + 12) : 0;
  }
}

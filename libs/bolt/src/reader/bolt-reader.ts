import { asBuffer, type BinaryString, toBinaryString } from '@etcd-ts/foundation';
import { BoltError } from '../bolt-error.js';
import { BUCKET_HEADER_BYTES, readUint64 } from '../format/page.js';
import { FileCheck } from './file-check.js';
import { PageFile, type ReadBytes } from './page-file.js';
import { PageView } from './page-view.js';
import { TreeWalk, upTo } from './tree-walk.js';

/** etcd has a dozen. The list is held in memory, with the pages of inline buckets. */
const MAX_BUCKETS = 4096;

/**
 * A bbolt file as it was at its newest valid meta page, read through a function: nothing is cached
 * but the list of buckets, so memory stays at a page for each level of a tree.
 *
 * Whatever the bytes are, every method ends, and throws nothing but BoltError because of them.
 */
export class BoltReader {
  readonly #file: PageFile;
  /** Name to the root page, or to the page within the value of an inline bucket. */
  readonly #roots = new Map<BinaryString, number | PageView>();

  private constructor(file: PageFile) {
    this.#file = file;
    const root = file.page(file.meta.rootPage, 0);
    for (const leaf of new TreeWalk(file).leaves(root)) {
      for (let i = 0; i < leaf.count; i++) this.#addBucket(leaf, i);
    }
  }

  /**
   * `sizeBytes` may go beyond the database: the checksum at the end of a saved snapshot does no
   * harm. Reads the meta pages and the bucket of buckets. Throws BoltError.
   */
  static open(read: ReadBytes, sizeBytes: number): BoltReader {
    return new BoltReader(PageFile.open(read, sizeBytes));
  }

  get pageSizeBytes(): number {
    return this.#file.meta.pageSizeBytes;
  }

  /** Up to the last page in use; a database file that bbolt grew ahead is longer. */
  get databaseBytes(): number {
    return this.#file.meta.highWater * this.pageSizeBytes;
  }

  /** In byte order. */
  bucketNames(): BinaryString[] {
    return [...this.#roots.keys()];
  }

  /**
   * The entries from `fromKey` (inclusive) on, in byte order; none when there is no such bucket.
   * The arrays are parts of pages: they stay as they are, and keep their page alive.
   */
  *entries(
    bucket: BinaryString,
    fromKey?: Uint8Array,
  ): Generator<readonly [key: Buffer, value: Buffer]> {
    const root = this.#roots.get(bucket);
    if (root === undefined) return;
    const from = fromKey === undefined ? undefined : asBuffer(fromKey);
    const walk = new TreeWalk(this.#file, from);
    for (const leaf of walk.leaves(typeof root === 'number' ? this.#file.page(root, 0) : root)) {
      let i = from === undefined ? 0 : upTo(leaf, from);
      if (from !== undefined && i > 0 && leaf.key(i - 1).equals(from)) i--;
      for (; i < leaf.count; i++) {
        if (leaf.isBucket(i)) throw leaf.nestedBucket(i);
        yield [leaf.key(i), leaf.value(i)];
      }
    }
  }

  /** The value under a key. */
  get(bucket: BinaryString, key: Uint8Array): Buffer | undefined {
    for (const [found, value] of this.entries(bucket, key)) {
      return found.equals(key) ? value : undefined;
    }
    return undefined;
  }

  /**
   * Reads every page that belongs to the database and throws BoltError at the first that is wrong:
   * out of bounds, out of order, reached twice, reached and free, or neither reached nor free.
   * Yields after every few pages. Keys and values carry no checksum in this format, so a flipped
   * bit inside of them passes here; the digest of a snapshot is for that.
   */
  *verify(): Generator<undefined, void> {
    yield* new FileCheck(this.#file).run(this.#roots.values());
  }

  #addBucket(leaf: PageView, index: number): void {
    const value = leaf.value(index);
    const offset = leaf.valueOffset(index);
    if (!leaf.isBucket(index)) throw leaf.damage('an entry of the root is no bucket');
    if (value.length < BUCKET_HEADER_BYTES) {
      throw new BoltError('damaged', 'a bucket has no header', offset);
    }
    const rootPage = readUint64(value, 0);
    const name = toBinaryString(leaf.key(index));
    if (this.#roots.size >= MAX_BUCKETS) {
      throw new BoltError('unsupported', `more than ${MAX_BUCKETS} buckets`, offset);
    }
    if (rootPage !== 0) this.#roots.set(name, rootPage);
    else {
      const inline = value.subarray(BUCKET_HEADER_BYTES);
      this.#roots.set(name, PageView.inline(inline, offset + BUCKET_HEADER_BYTES));
    }
  }
}

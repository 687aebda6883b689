import { assert, asBuffer, type BinaryString, fromBinaryString } from '@etcd-ts/foundation';
import { BoltError } from '../bolt-error.js';
import {
  BUCKET_FLAG,
  BUCKET_HEADER_BYTES,
  FIRST_PAGE_ID,
  MAX_KEY_BYTES,
  MAX_VALUE_BYTES,
  writeUint64,
} from '../format/page.js';
import { isPageSize } from '../format/meta-page.js';
import { PageWriter } from './page-writer.js';
import { TreeBuilder } from './tree-builder.js';

/** A bucket to be written. Both iterations give the same entries, in strictly ascending order. */
export interface BoltBucketSource {
  /** One character (0..255) per byte; plain ASCII in etcd. */
  readonly name: BinaryString;
  sizes(): Iterable<readonly [keyBytes: number, valueBytes: number]>;
  /** The arrays are read until a few entries later and never written: do not reuse them. */
  entries(): Iterable<readonly [key: Uint8Array, value: Uint8Array]>;
}

export interface BoltWriteOptions {
  /** A power of two. What readers map at once: 4096 unless the file is for another machine. */
  readonly pageSizeBytes: number;
}

/** A file whose every page has its place, although no byte of it exists yet. */
export interface BoltPlan {
  readonly sizeBytes: number;
  /**
   * The file from its first byte to its last, in chunks of 64 KiB or less that belong to the
   * receiver. Each call reads the sources' entries anew. Throws AssertionError, after part of the
   * file, when a source's entries are not those its sizes announced or not in order.
   */
  chunks(): Generator<Uint8Array>;
}

/** Elements are counted with 16 bits, and a page of 64 KiB has room for at most 4096 of them. */
const MAX_WRITTEN_PAGE_SIZE_BYTES = 65_536;
/** Entries between two yields of a plan: about a millisecond, for whoever reads them from a disk. */
const SLICE_ENTRIES = 512;
/** Behind the two meta pages. A list, though empty, spares the first opening a walk of all pages. */
const FREELIST_PAGE = FIRST_PAGE_ID;
const FIRST_TREE_PAGE = FREELIST_PAGE + 1;

interface PlannedBucket {
  readonly source: BoltBucketSource;
  readonly nameBytes: Buffer;
  readonly rootPage: number;
  readonly entries: number;
}

/**
 * Lays out a file with these buckets from nothing but sizes, in memory that does not grow with
 * them. The buckets come in any order; the file has them in byte order. Yields after every few
 * thousand entries, so that the caller can do other things between two slices.
 *
 * Throws BoltError('entryTooLarge') for what bbolt would refuse: an empty key, one above 32 KiB,
 * a value of 2 GiB.
 */
export function* planBolt(
  buckets: readonly BoltBucketSource[],
  { pageSizeBytes }: BoltWriteOptions,
): Generator<undefined, BoltPlan> {
  assert(
    isPageSize(pageSizeBytes) && pageSizeBytes <= MAX_WRITTEN_PAGE_SIZE_BYTES,
    () => `page size out of range: ${pageSizeBytes}`,
  );
  const layout = new PageCounter(FIRST_TREE_PAGE);
  const planned: PlannedBucket[] = [];
  for (const source of inOrder(buckets)) {
    const tree = new TreeBuilder<undefined, undefined>(pageSizeBytes, layout);
    let entries = 0;
    for (const [keyBytes, valueBytes] of source.sizes()) {
      requireRoom(source.name, keyBytes, valueBytes);
      tree.add({ key: undefined, keyBytes, value: undefined, valueBytes });
      if (++entries % SLICE_ENTRIES === 0) yield;
    }
    const nameBytes = asBuffer(fromBinaryString(source.name));
    planned.push({ source, nameBytes, rootPage: tree.finish(), entries });
  }
  const root = new TreeBuilder<undefined, undefined>(pageSizeBytes, layout);
  for (const { nameBytes } of planned) {
    const keyBytes = nameBytes.length;
    root.add({ key: undefined, keyBytes, value: undefined, valueBytes: BUCKET_HEADER_BYTES });
  }
  const rootPage = root.finish();
  return new Plan(planned, rootPage, layout.nextPage, pageSizeBytes);
}

function inOrder(buckets: readonly BoltBucketSource[]): readonly BoltBucketSource[] {
  const sorted = [...buckets].sort((a, b) => (a.name < b.name ? -1 : 1));
  sorted.forEach(({ name }, i) => {
    assert(
      /^[\0-\xff]+$/.test(name) && name.length <= MAX_KEY_BYTES,
      () => `not the name of a bucket: ${name}`,
    );
    assert(name !== sorted[i - 1]?.name, () => `two buckets are called ${name}`);
  });
  return sorted;
}

function requireRoom(bucket: string, keyBytes: number, valueBytes: number): void {
  if (keyBytes > 0 && keyBytes <= MAX_KEY_BYTES && valueBytes <= MAX_VALUE_BYTES) return;
  throw new BoltError(
    'entryTooLarge',
    `bucket ${bucket} has an entry with a key of ${keyBytes} and a value of ${valueBytes} bytes`,
  );
}

/** Places pages without writing them. */
class PageCounter {
  nextPage: number;

  constructor(nextPage: number) {
    this.nextPage = nextPage;
  }

  leaf(_items: readonly unknown[], pages: number): number {
    return this.#place(pages);
  }

  branch(_children: readonly unknown[], pages: number): number {
    return this.#place(pages);
  }

  #place(pages: number): number {
    const page = this.nextPage;
    this.nextPage += pages;
    return page;
  }
}

class Plan implements BoltPlan {
  readonly #buckets: readonly PlannedBucket[];
  readonly #rootPage: number;
  readonly #highWater: number;
  readonly #pageSizeBytes: number;

  constructor(
    buckets: readonly PlannedBucket[],
    rootPage: number,
    highWater: number,
    pageSizeBytes: number,
  ) {
    this.#buckets = buckets;
    this.#rootPage = rootPage;
    this.#highWater = highWater;
    this.#pageSizeBytes = pageSizeBytes;
  }

  get sizeBytes(): number {
    return this.#highWater * this.#pageSizeBytes;
  }

  *chunks(): Generator<Uint8Array> {
    const out = new PageWriter(this.#pageSizeBytes);
    const meta = {
      pageSizeBytes: this.#pageSizeBytes,
      rootPage: this.#rootPage,
      freelistPage: FREELIST_PAGE,
      highWater: this.#highWater,
    };
    // Both say the same: whichever is hit by damage, the other still leads to everything.
    out.meta({ ...meta, transaction: 0n });
    out.meta({ ...meta, transaction: 1n });
    out.emptyFreelist();
    for (const bucket of this.#buckets) yield* this.#tree(bucket, out);
    this.#bucketOfBuckets(out);
    // The meta pages left first and cannot be taken back: the rest has to be what they promise.
    assert(out.nextPage === this.#highWater, 'the file is as long as planned');
    yield* out.take(true);
  }

  *#tree({ source, rootPage, entries }: PlannedBucket, out: PageWriter): Generator<Uint8Array> {
    const tree = new TreeBuilder<Uint8Array, Uint8Array>(this.#pageSizeBytes, out);
    let previous: Buffer | undefined;
    let count = 0;
    for (const [key, value] of source.entries()) {
      assert(
        previous === undefined || previous.compare(key) < 0,
        () => `bucket ${source.name} is not in ascending order`,
      );
      previous = asBuffer(key);
      tree.add({ key, keyBytes: key.length, value, valueBytes: value.length });
      count++;
      yield* out.take();
    }
    assert(
      tree.finish() === rootPage && count === entries,
      () => `bucket ${source.name} is not what its sizes were`,
    );
  }

  #bucketOfBuckets(out: PageWriter): void {
    out.entryFlags = BUCKET_FLAG;
    const tree = new TreeBuilder<Uint8Array, Uint8Array>(this.#pageSizeBytes, out);
    for (const { nameBytes, rootPage } of this.#buckets) {
      const value = Buffer.alloc(BUCKET_HEADER_BYTES);
      writeUint64(value, rootPage, 0);
      tree.add({ key: nameBytes, keyBytes: nameBytes.length, value, valueBytes: value.length });
    }
    assert(tree.finish() === this.#rootPage, 'the buckets are where they were planned');
  }
}

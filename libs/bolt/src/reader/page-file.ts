import { asBuffer } from '@etcd-ts/foundation';
import { BoltError } from '../bolt-error.js';
import {
  MAX_PAGE_SIZE_BYTES,
  type Meta,
  META_BYTES,
  MIN_PAGE_SIZE_BYTES,
  readMetaPage,
} from '../format/meta-page.js';
import { FIRST_PAGE_ID } from '../format/page.js';
import { PageView } from './page-view.js';

/**
 * Exactly `length` bytes of the file from `offset`; asked only for what lies within the file's size.
 * The result must not change afterwards: entries are parts of it. Fewer bytes than asked for count
 * as the end of the file; what the function throws comes out of the reader as it is.
 */
export type ReadBytes = (offset: number, length: number) => Uint8Array;

/**
 * A page holds a few of the largest values (four before bbolt splits it), and no value is larger
 * than the request that brought it, which gRPC ends at 512 MiB. A damaged overflow count asks for
 * up to 16 TiB.
 */
const MAX_PAGE_BYTES = 2 ** 31 - 1;

/** The pages of a file, checked on their own: that they exist, are what they say, and hold together. */
export class PageFile {
  readonly meta: Meta;
  readonly #read: ReadBytes;

  private constructor(read: ReadBytes, meta: Meta) {
    this.#read = read;
    this.meta = meta;
  }

  /** Throws BoltError('notBolt' | 'truncated' | 'damaged'). */
  static open(read: ReadBytes, sizeBytes: number): PageFile {
    const meta = newestMeta(readMetas(read, sizeBytes));
    const { highWater, pageSizeBytes, rootPage, freelistPage = FIRST_PAGE_ID } = meta;
    if (highWater * pageSizeBytes > sizeBytes) {
      throw new BoltError(
        'truncated',
        `the file has ${sizeBytes} bytes and needs ${highWater * pageSizeBytes}`,
        sizeBytes,
      );
    }
    for (const page of [rootPage, freelistPage]) {
      if (page < FIRST_PAGE_ID || page >= highWater) {
        throw new BoltError('damaged', `the meta page names page ${page} of ${highWater}`, 0);
      }
    }
    return new PageFile(read, meta);
  }

  /** `from` is the offset of whatever named the page. Throws BoltError. */
  page(id: number, from: number): PageView {
    const { highWater, pageSizeBytes } = this.meta;
    if (id < FIRST_PAGE_ID || id >= highWater) {
      throw new BoltError('damaged', `page ${id} of ${highWater} is named`, from);
    }
    const offset = id * pageSizeBytes;
    const start = this.#bytes(offset, pageSizeBytes);
    const pages = PageView.pagesIn(start);
    const bytes = pages * pageSizeBytes;
    if (id + pages > highWater) {
      throw new BoltError('damaged', `page ${id} goes on beyond the last page`, offset);
    }
    if (bytes > MAX_PAGE_BYTES) {
      throw new BoltError('unsupported', `page ${id} has ${bytes} bytes`, offset);
    }
    return PageView.of(pages === 1 ? start : this.#bytes(offset, bytes), offset, id);
  }

  #bytes(offset: number, length: number): Buffer {
    return readExactly(this.#read, offset, length);
  }
}

function readExactly(read: ReadBytes, offset: number, length: number): Buffer {
  const bytes = asBuffer(read(offset, length));
  if (bytes.length !== length) {
    throw new BoltError('truncated', `${bytes.length} of ${length} bytes are there`, offset);
  }
  return bytes;
}

/** The valid ones of the two meta pages. */
function readMetas(read: ReadBytes, sizeBytes: number): Meta[] {
  const at = (offset: number): Meta | undefined =>
    offset + META_BYTES <= sizeBytes
      ? readMetaPage(readExactly(read, offset, META_BYTES))
      : undefined;
  const first = at(0);
  if (first !== undefined) {
    const second = at(first.pageSizeBytes);
    return second?.pageSizeBytes === first.pageSizeBytes ? [first, second] : [first];
  }
  // Only the first page tells where the second is. Without it, bbolt tries all page sizes, too.
  for (let size = MIN_PAGE_SIZE_BYTES; size <= MAX_PAGE_SIZE_BYTES; size *= 2) {
    const second = at(size);
    if (second?.pageSizeBytes === size) return [second];
  }
  return [];
}

function newestMeta(metas: readonly Meta[]): Meta {
  const [first, second] = metas;
  if (first === undefined) throw new BoltError('notBolt', 'no valid meta page', 0);
  return second !== undefined && second.transaction > first.transaction ? second : first;
}

/**
 * A page of bbolt, little-endian: id u64, kind u16, count u16, overflow u32, then `count` elements,
 * then what the elements point to. A page with overflow n covers n + 1 page sizes.
 */
export const PAGE_HEADER_BYTES = 16;
/** Leaf (flags, pos, key size, value size: u32 each) and branch (pos, key size u32, page u64). */
export const ELEMENT_BYTES = 16;
/** The value of a bucket: root page u64, sequence u64. Root 0: the page itself follows (inline). */
export const BUCKET_HEADER_BYTES = 16;
/** In the flags of a leaf element: the value is a bucket. */
export const BUCKET_FLAG = 1;
export const FREELIST_ID_BYTES = 8;
/** A freelist with this count has its real one as its first id. */
export const FREELIST_COUNT_ELSEWHERE = 0xffff;
/** bbolt refuses longer keys. */
export const MAX_KEY_BYTES = 32_768;
/** bbolt refuses longer values. */
export const MAX_VALUE_BYTES = 2 ** 31 - 2;
/** The ids 0 and 1 are the two meta pages. */
export const FIRST_PAGE_ID = 2;

export const PageKind = { branch: 1, leaf: 2, meta: 4, freelist: 0x10 } as const;
export type PageKind = (typeof PageKind)[keyof typeof PageKind];

export interface PageHeader {
  readonly id: number;
  readonly kind: PageKind;
  readonly count: number;
  readonly overflow: number;
}

export function writePageHeader(page: Buffer, { id, kind, count, overflow }: PageHeader): void {
  writeUint64(page, id, 0);
  page.writeUInt16LE(kind, 8);
  page.writeUInt16LE(count, 10);
  page.writeUInt32LE(overflow, 12);
}

/** Exact up to 2^53; anything above, which no real file has, comes out too large to be valid. */
export function readUint64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 2 ** 32;
}

/** `value` is an integer below 2^53. */
export function writeUint64(bytes: Buffer, value: number, offset: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, offset);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), offset + 4);
}

/** How many page sizes a page with so much in it covers. */
export function pagesFor(sizeBytes: number, pageSizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / pageSizeBytes));
}

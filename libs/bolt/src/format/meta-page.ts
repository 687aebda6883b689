import { fnv1a64 } from './fnv.js';
import { PAGE_HEADER_BYTES, PageKind, readUint64, writePageHeader, writeUint64 } from './page.js';

const MAGIC = 0xed0cdaed;
const VERSION = 2;
/** Offsets from the end of the page header. */
const PAGE_SIZE_AT = 8;
const ROOT_AT = 16;
const FREELIST_AT = 32;
const HIGH_WATER_AT = 40;
const TRANSACTION_AT = 48;
const CHECKSUM_AT = 56;
/** Page header and meta: what has to be read of a meta page. */
export const META_BYTES = PAGE_HEADER_BYTES + CHECKSUM_AT + 8;
/** The freelist's id when it is not kept in the file, as etcd has it since 3.4. */
const NO_FREELIST = 0xffff_ffff_ffff_ffffn;

/** bbolt looks for the second meta page at these powers of two; no system has other page sizes. */
export const MIN_PAGE_SIZE_BYTES = 1024;
export const MAX_PAGE_SIZE_BYTES = 16 * 1024 * 1024;

export interface Meta {
  readonly pageSizeBytes: number;
  /** The page of the bucket of buckets. */
  readonly rootPage: number;
  /** Undefined: every page that no tree reaches is free. */
  readonly freelistPage: number | undefined;
  /** One above the highest page id in use: what is at or above it is not part of the database. */
  readonly highWater: number;
  readonly transaction: bigint;
}

/** `page` is zeroed and has META_BYTES at least; id 0 or 1. */
export function writeMetaPage(page: Buffer, id: number, meta: Meta): void {
  writePageHeader(page, { id, kind: PageKind.meta, count: 0, overflow: 0 });
  const body = page.subarray(PAGE_HEADER_BYTES);
  body.writeUInt32LE(MAGIC, 0);
  body.writeUInt32LE(VERSION, 4);
  body.writeUInt32LE(meta.pageSizeBytes, PAGE_SIZE_AT);
  writeUint64(body, meta.rootPage, ROOT_AT);
  if (meta.freelistPage === undefined) body.writeBigUInt64LE(NO_FREELIST, FREELIST_AT);
  else writeUint64(body, meta.freelistPage, FREELIST_AT);
  writeUint64(body, meta.highWater, HIGH_WATER_AT);
  body.writeBigUInt64LE(meta.transaction, TRANSACTION_AT);
  body.writeBigUInt64LE(fnv1a64(body.subarray(0, CHECKSUM_AT)), CHECKSUM_AT);
}

/** Undefined unless magic, version and checksum are right and the page size is a possible one. */
export function readMetaPage(page: Buffer): Meta | undefined {
  if (page.length < META_BYTES) return undefined;
  const body = page.subarray(PAGE_HEADER_BYTES, META_BYTES);
  if (body.readUInt32LE(0) !== MAGIC || body.readUInt32LE(4) !== VERSION) return undefined;
  if (body.readBigUInt64LE(CHECKSUM_AT) !== fnv1a64(body.subarray(0, CHECKSUM_AT))) {
    return undefined;
  }
  const pageSizeBytes = body.readUInt32LE(PAGE_SIZE_AT);
  if (!isPageSize(pageSizeBytes)) return undefined;
  return {
    pageSizeBytes,
    rootPage: readUint64(body, ROOT_AT),
    freelistPage:
      body.readBigUInt64LE(FREELIST_AT) === NO_FREELIST ? undefined : readUint64(body, FREELIST_AT),
    highWater: readUint64(body, HIGH_WATER_AT),
    transaction: body.readBigUInt64LE(TRANSACTION_AT),
  };
}

export function isPageSize(bytes: number): boolean {
  return (
    bytes >= MIN_PAGE_SIZE_BYTES &&
    bytes <= MAX_PAGE_SIZE_BYTES &&
    Number.isInteger(Math.log2(bytes))
  );
}

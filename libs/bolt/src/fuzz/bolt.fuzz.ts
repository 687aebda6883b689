import { assert, encodeRevisionKey, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyBytes, edgeNumber, mutateBytes, pick } from '@etcd-ts/fuzzing';
import { BoltError } from '../bolt-error.js';
import { summarizeSnapshot } from '../etcd/snapshot-summary.js';
import { META_BYTES, readMetaPage, writeMetaPage } from '../format/meta-page.js';
import { PAGE_HEADER_BYTES, PageKind, writeUint64 } from '../format/page.js';
import { BoltReader } from '../reader/bolt-reader.js';
import { finish, randomContents, writeFile } from '../testing/memory-file.js';
import type { Contents } from '../testing/memory-file.js';

/** Of one file each: writing it takes longer than reading what has become of it. */
const CASES = 20;
export const shareCases = 400;
const PAGE_SIZES = [1024, 4096];
const ELEMENT_BYTES = 16;

/** Files of bbolt, damaged: read as they are, or refused with the place; in bounded time and memory. */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  const pageSize = pick(rng, PAGE_SIZES);
  const intact = writeFile(contents(rng), pageSize);
  for (let i = 0; i < CASES; i++) {
    const file = damaged(rng, intact, pageSize);
    try {
      check(rng, file);
    } catch (error) {
      throw new Error(`case ${i}`, { cause: error });
    }
  }
  return CASES;
}

/** With rows as etcd has them, in half of the cases. */
function contents(rng: Rng): Contents {
  if (rng.below(2) === 0) return randomContents(rng, 60);
  const rows = Array.from({ length: rng.below(200) }, (_, i) => {
    const key = encodeRevisionKey({ main: i + 2, sub: 0, tombstone: rng.below(5) === 0 });
    return [key, Buffer.concat([Buffer.of(0x0a, 1, 97 + rng.below(26)), Buffer.alloc(i)])] as const;
  });
  return { key: rows, meta: [[Buffer.from('storageVersion'), Buffer.from('3.6.0')]], lease: [] };
}

function damaged(rng: Rng, intact: Buffer, pageSize: number): Buffer {
  let file: Buffer = Buffer.from(intact);
  if (rng.below(30) === 0) return anyBytes(rng, file.subarray(0, rng.below(3 * pageSize)));
  for (let changes = 1 + rng.below(4); changes > 0; changes--) {
    file = pick(rng, DAMAGES)(rng, file, pageSize);
  }
  return file;
}

type Damage = (rng: Rng, file: Buffer, pageSize: number) => Buffer;

const pageAt = (rng: Rng, file: Buffer, pageSize: number): number =>
  pageSize * rng.below(Math.floor(file.length / pageSize) + 1);

/** The meta page says otherwise, with a checksum that is right. */
const meta: Damage = (rng, file, pageSize) => {
  const at = pageSize * rng.below(2);
  if (file.length < at + META_BYTES) return file;
  const found = readMetaPage(file.subarray(at, at + META_BYTES));
  if (found === undefined) return file;
  const pages = file.length / pageSize;
  const page = (): number => pick(rng, [rng.below(pages + 2), Math.abs(edgeNumber(rng))]);
  writeMetaPage(file.subarray(at), at / pageSize, {
    pageSizeBytes: rng.below(8) === 0 ? pick(rng, [512, 1024, 16_384, 2 ** 31]) : pageSize,
    rootPage: rng.below(2) === 0 ? page() : found.rootPage,
    freelistPage: rng.below(2) === 0 ? page() : undefined,
    highWater: rng.below(3) === 0 ? page() : found.highWater,
    transaction: BigInt(rng.below(100)),
  });
  return file;
};

/** A page says another kind, number of elements, number of pages, or name of its own. */
const header: Damage = (rng, file, pageSize) => {
  const at = pageAt(rng, file, pageSize);
  if (at + PAGE_HEADER_BYTES > file.length) return file;
  const kind = pick(rng, Object.values(PageKind));
  if (rng.below(2) === 0) file.writeUInt16LE(kind, at + 8);
  if (rng.below(2) === 0) file.writeUInt16LE(pick(rng, [0, 1, 2, 400, 0xffff]), at + 10);
  if (rng.below(4) === 0) file.writeUInt32LE(pick(rng, [0, 1, 7, 2 ** 31, 2 ** 32 - 1]), at + 12);
  if (rng.below(4) === 0) writeUint64(file, at / pageSize, at);
  return file;
};

/** An element points somewhere else: to another page, to its own, out of the page. */
const element: Damage = (rng, file, pageSize) => {
  const page = pageAt(rng, file, pageSize);
  const at = page + PAGE_HEADER_BYTES + ELEMENT_BYTES * rng.below(8) + 4 * rng.below(4);
  if (at + 8 > file.length) return file;
  const pages = Math.floor(file.length / pageSize);
  if (rng.below(2) === 0) writeUint64(file, rng.below(pages + 1), at);
  else file.writeUInt32LE(Math.abs(edgeNumber(rng)) % 2 ** 32, at);
  return file;
};

/** A page in the place of another one, under its number. */
const copyPage: Damage = (rng, file, pageSize) => {
  const [from, to] = [pageAt(rng, file, pageSize), pageAt(rng, file, pageSize)];
  if (Math.max(from, to) + pageSize > file.length) return file;
  file.copy(file, to, from, from + pageSize);
  writeUint64(file, to / pageSize, to);
  return file;
};

const anywhere: Damage = (rng, file, pageSize) => {
  const at = Math.min(pageAt(rng, file, pageSize), file.length);
  const end = Math.min(file.length, at + 200);
  const length = end - at;
  mutateBytes(rng, file.subarray(at, end)).copy(file, at, 0, length);
  return file;
};

const truncate: Damage = (rng, file) => file.subarray(0, rng.below(file.length + 1));

const DAMAGES: readonly Damage[] = [
  meta,
  header,
  header,
  element,
  element,
  element,
  copyPage,
  anywhere,
  truncate,
];

/** Bytes that reading the whole may ask for: each page once, its head again, and the names. */
const MAX_READS = 3;

function check(rng: Rng, file: Buffer): void {
  let askedBytes = 0;
  const read = (offset: number, length: number): Buffer => {
    assert(offset >= 0 && length >= 0 && offset + length <= file.length, 'out of the file');
    askedBytes += length;
    return file.subarray(offset, offset + length);
  };
  const isSound = refusable(() => {
    finish(BoltReader.open(read, file.length).verify());
    return true;
  });
  assert(askedBytes <= MAX_READS * file.length + META_BYTES * 16, 'read again and again');
  refusable(() => {
    const reader = BoltReader.open(read, file.length);
    for (const bucket of reader.bucketNames()) {
      askedBytes = 0;
      const keys = keysOf(reader, bucket, file.length);
      assert(askedBytes <= MAX_READS * file.length, 'a bucket is more than the file');
      if (keys !== undefined) checkSearch(rng, reader, bucket, keys);
      else assert(isSound !== true, 'found to be whole, and cannot be read');
    }
  });
  refusable(() => finish(summarizeSnapshot(BoltReader.open(read, file.length))));
}

/** In order, each once. Undefined: the bucket is damaged. */
function keysOf(
  reader: BoltReader,
  bucket: ReturnType<BoltReader['bucketNames']>[number],
  fileBytes: number,
): readonly Buffer[] | undefined {
  return refusable(() => {
    const keys: Buffer[] = [];
    for (const [key] of reader.entries(bucket)) {
      const last = keys.at(-1);
      assert(last === undefined || last.compare(key) < 0, 'keys out of order');
      keys.push(key);
      assert(keys.length * ELEMENT_BYTES <= fileBytes, 'more entries than the file has room for');
    }
    return keys;
  });
}

/** Whoever asks for a part gets the same as who reads everything. */
function checkSearch(
  rng: Rng,
  reader: BoltReader,
  bucket: ReturnType<BoltReader['bucketNames']>[number],
  keys: readonly Buffer[],
): void {
  if (keys.length === 0) return;
  const at = rng.below(keys.length);
  const key = keys[at] ?? Buffer.alloc(0);
  const [first] = [...reader.entries(bucket, key)];
  assert(first?.[0].equals(key) === true, 'a key that is there is not found');
  const rest = [...reader.entries(bucket, Buffer.concat([key, Buffer.of(0)]))].length;
  assert(rest >= keys.length - at - 1, 'entries after a key are not found');
}

/** Undefined: refused, in the one way there is. */
function refusable<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof BoltError) return undefined;
    throw error;
  }
}

import { createHash } from 'node:crypto';
import { brotliDecompressSync } from 'node:zlib';
import { SeededRng } from '@etcd-ts/foundation';
import { ETCD_BUCKETS } from '@etcd-ts/foundation';
import { snapshotExtent } from '../etcd/snapshot-file.js';
import { summarizeSnapshot } from '../etcd/snapshot-summary.js';
import { type Meta, META_BYTES, writeMetaPage } from '../format/meta-page.js';
import { PageKind, writePageHeader, writeUint64 } from '../format/page.js';
import { ETCD_SNAPSHOT } from '../testing/etcd-snapshot.js';
import {
  finish,
  openFile,
  readAll,
  readFrom,
  requireSame,
  writeFile,
} from '../testing/memory-file.js';
import { BoltReader } from './bolt-reader.js';
import { PageFile } from './page-file.js';

const saved = brotliDecompressSync(Buffer.from(ETCD_SNAPSHOT, 'base64'));

describe('a snapshot by etcd 3.4', () => {
  const reader = openFile(saved);

  it('is what etcdctl said of it', () => {
    finish(reader.verify());
    expect(finish(summarizeSnapshot(reader))).toEqual({
      hash: 2268488882,
      revision: 43,
      liveKeys: 8,
      entries: 37,
      sizeBytes: 49_152,
      storageVersion: '',
    });
  });

  it('ends with the digest of its database', () => {
    const { databaseBytes, hasDigest } = snapshotExtent(saved.length);
    expect([databaseBytes, hasDigest]).toEqual([reader.databaseBytes, true]);
    const digest = createHash('sha256').update(saved.subarray(0, databaseBytes)).digest();
    expect(digest.equals(saved.subarray(databaseBytes))).toBe(true);
  });

  it('has its small buckets inline, and they are read', () => {
    expect(reader.bucketNames()).toEqual([...ETCD_BUCKETS]);
    expect(reader.get('cluster', Buffer.from('clusterVersion'))?.toString()).toBe('3.4.0');
    expect(reader.get('meta', Buffer.from('consistent_index'))?.readBigUInt64BE()).toBe(0x2en);
    const meta = [...reader.entries('meta', Buffer.from('d'))].map(([key]) => key.toString());
    expect(meta).toEqual(['finishedCompactRev', 'scheduledCompactRev']);
    expect([...reader.entries('lease')]).toEqual([]);
  });

  it('has the same in it when we write it anew', () => {
    const file = writeFile(readAll(reader));
    requireSame(readAll(openFile(file)), readAll(reader));
    expect(finish(summarizeSnapshot(openFile(file))).hash).toBe(2268488882);
  });

  it('gives a typed error or a result for any flipped bit', () => {
    const rng = new SeededRng(21);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const hit = Buffer.from(saved);
      const at = rng.below(hit.length);
      hit.writeUInt8((hit[at] as number) ^ (1 << rng.below(8)), at);
      try {
        const damaged = openFile(hit);
        finish(damaged.verify());
        finish(summarizeSnapshot(damaged));
      } catch (error) {
        expect(error).toMatchObject({ name: 'BoltError' });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(50);
  });
});

/**
 * A file with this many free pages at its end and a list of them, without the pages' being in
 * memory: they are read as zeros.
 */
function fileWithFreePages(count: number, change?: (list: Buffer) => void): BoltReader {
  const small = writeFile({ key: [[Buffer.from('k'), Buffer.from('v')]] }, 1024);
  const { meta } = PageFile.open(readFrom(small), small.length);
  const isLong = count >= 0xffff;
  const pages = Math.ceil((16 + (count + (isLong ? 1 : 0)) * 8) / 1024);
  const list = Buffer.alloc(pages * 1024);
  const id = meta.highWater;
  const header = { id, kind: PageKind.freelist, count: isLong ? 0xffff : count };
  writePageHeader(list, { ...header, overflow: pages - 1 });
  if (isLong) writeUint64(list, count, 16);
  const start = isLong ? 24 : 16;
  // The page of the list before is free as well.
  const free = [2, ...Array.from({ length: count - 1 }, (_, i) => id + pages + i)];
  free.forEach((page, i) => writeUint64(list, page, start + i * 8));
  change?.(list);
  const head = Buffer.alloc(META_BYTES);
  const highWater = id + pages + count - 1;
  writeMetaPage(head, 0, { ...meta, freelistPage: id, highWater, transaction: 8n } satisfies Meta);
  const file = Buffer.concat([head, small.subarray(META_BYTES), list]);
  return BoltReader.open((offset, length) => {
    const bytes = Buffer.alloc(length);
    file.copy(bytes, 0, offset, offset + length);
    return bytes;
  }, highWater * 1024);
}

describe('a list of free pages', () => {
  it.each([1, 126, 127, 5000, 0xfffe, 0xffff, 70_000])('may have %i of them', (count) => {
    const reader = fileWithFreePages(count);
    finish(reader.verify());
    expect(reader.get('key', Buffer.from('k'))?.toString()).toBe('v');
  });

  it('has no more of them than fit, whatever it says', () => {
    const long = () =>
      finish(fileWithFreePages(70_000, (list) => list.fill(0xff, 16, 24)).verify());
    expect(long).toThrow(expect.objectContaining({ name: 'BoltError', code: 'damaged' }));
    const short = () =>
      finish(fileWithFreePages(5, (list) => list.writeUInt16LE(9999, 10)).verify());
    expect(short).toThrow(expect.objectContaining({ name: 'BoltError', code: 'damaged' }));
  });

  it('leaves no page out and names none twice', () => {
    const missing = () =>
      finish(fileWithFreePages(50, (list) => list.writeUInt16LE(49, 10)).verify());
    expect(missing).toThrow('neither in use nor free');
    const twice = () =>
      finish(fileWithFreePages(50, (list) => list.copy(list, 16, 24, 32)).verify());
    expect(twice).toThrow('cannot be free');
  });
});

import { AssertionError, SeededRng } from '@etcd-ts/foundation';
import { BoltError } from '../bolt-error.js';
import { META_BYTES, writeMetaPage } from '../format/meta-page.js';
import { PageKind, writeUint64 } from '../format/page.js';
import {
  type Entries,
  finish,
  openFile,
  randomContents,
  randomEntries,
  readAll,
  readFrom,
  requireSame,
  writeFile,
} from '../testing/memory-file.js';
import { BoltReader } from './bolt-reader.js';
import { PageFile } from './page-file.js';

const PAGE = 4096;

/** Opens, checks and reads everything; what is wrong, or undefined. */
function fault(file: Buffer): BoltError | undefined {
  try {
    const reader = openFile(file);
    finish(reader.verify());
    readAll(reader);
    return undefined;
  } catch (error) {
    if (error instanceof BoltError) return error;
    throw error;
  }
}

const entries: Entries = randomEntries(new SeededRng(1), 300);
const intact = writeFile({ key: entries, lease: [], meta: entries.slice(0, 5) });

function damaged(change: (file: Buffer) => void): BoltError | undefined {
  const file = Buffer.from(intact);
  change(file);
  return fault(file);
}

/** The offset of the first page of a kind. */
function pageOf(kind: PageKind, file = intact): number {
  for (let at = 2 * PAGE; ; at += (file.readUInt32LE(at + 12) + 1) * PAGE) {
    if (file.readUInt16LE(at + 8) === kind) return at;
  }
}

const LEAF = pageOf(PageKind.leaf);
const BRANCH = pageOf(PageKind.branch);

/** Makes these pages the free ones, without their being so. */
const freeList =
  (pages: readonly number[]) =>
  (file: Buffer): void => {
    file.writeUInt16LE(pages.length, 2 * PAGE + 10);
    pages.forEach((page, i) => writeUint64(file, page, 2 * PAGE + 16 + i * 8));
  };

/** One change where it hurts: in what pages say about themselves, or anywhere. */
function mutate(file: Buffer, rng: SeededRng): void {
  const page = rng.below(file.length / 1024) * 1024;
  const at = rng.below(3) === 0 ? rng.below(file.length) : page + rng.below(80);
  const values = [0, 1, 2, 0x7f, 0x80, 0xff, rng.below(256)];
  const length = 1 + rng.below(4);
  file.fill(values[rng.below(values.length)] as number, at, at + length);
}

describe('a damaged file', () => {
  it('is no database without a meta page', () => {
    expect(fault(Buffer.alloc(0))?.code).toBe('notBolt');
    expect(fault(Buffer.alloc(100_000, 7))?.code).toBe('notBolt');
    expect(damaged((file) => file.fill(0, 0, 2 * PAGE))?.code).toBe('notBolt');
  });

  it('is read from the other meta page when one is damaged, also the one with the page size', () => {
    for (const pageSizeBytes of [1024, 4096, 16_384]) {
      const file = writeFile({ key: entries }, pageSizeBytes);
      for (const meta of [0, 1]) {
        const hit = Buffer.from(file);
        hit.writeUInt8(1, meta * pageSizeBytes + META_BYTES - 1);
        expect(fault(hit)).toBeUndefined();
        requireSame(readAll(openFile(hit)), { key: entries });
      }
    }
  });

  it('is truncated wherever it ends', () => {
    const rng = new SeededRng(4);
    for (let round = 0; round < 50; round++) {
      const length = 2 * PAGE + rng.below(intact.length - 2 * PAGE);
      const error = fault(intact.subarray(0, length));
      expect(error).toMatchObject({ code: 'truncated', offsetBytes: length });
    }
  });

  it.each<[string, number, (file: Buffer) => void]>([
    ['a page that says it is another', LEAF, (file) => file.writeUInt8(99, LEAF)],
    ['a page of no kind', LEAF, (file) => file.writeUInt16LE(3, LEAF + 8)],
    ['more elements than fit', LEAF, (file) => file.writeUInt16LE(60_000, LEAF + 10)],
    ['a page beyond the end', LEAF, (file) => file.writeUInt32LE(1e6, LEAF + 12)],
    [
      'an overflow for more memory than there is',
      LEAF,
      (file) => file.fill(0xff, LEAF + 12, LEAF + 16),
    ],
    ['a key before its element', LEAF + 16, (file) => file.writeUInt32LE(1, LEAF + 20)],
    ['a key outside of its page', LEAF + 16, (file) => file.writeUInt32LE(1e9, LEAF + 20)],
    ['an empty key', LEAF + 16, (file) => file.writeUInt32LE(0, LEAF + 24)],
    [
      'a value outside of its page',
      LEAF + 16,
      (file) => file.writeUInt32LE(2 ** 32 - 1, LEAF + 28),
    ],
    ['a child that is no page', BRANCH + 16, (file) => file.writeUInt32LE(1e6, BRANCH + 24)],
    ['a child beyond 2^53', BRANCH + 16, (file) => file.fill(0xff, BRANCH + 24, BRANCH + 32)],
    ['a child that is a meta page', BRANCH + 16, (file) => file.writeUInt32LE(1, BRANCH + 24)],
    ['a child that is the freelist', 2 * PAGE, (file) => file.writeUInt32LE(2, BRANCH + 24)],
    ['a child twice', LEAF, (file) => file.copy(file, BRANCH + 40, BRANCH + 24, BRANCH + 32)],
    ['a branch as its own child', BRANCH, (file) => file.writeUInt32LE(BRANCH / PAGE, BRANCH + 24)],
    ['a page in use and free', LEAF, freeList([LEAF / PAGE])],
    ['a page free that is none', 2 * PAGE + 16, freeList([1])],
    ['a free page beyond the last', 2 * PAGE + 16, freeList([1e6])],
  ])('with %s is refused, with the place', (_, offset, change) => {
    expect(damaged(change)).toMatchObject({ code: 'damaged', offsetBytes: offset });
  });

  it('with keys out of order, or twice, is refused, within a page and across pages', () => {
    const numbered = Array.from({ length: 500 }, (_, i) => {
      return [Buffer.from(String(1000 + i)), Buffer.alloc(20)] as const;
    });
    const file = writeFile({ key: numbered });
    const [leaf, branch] = [pageOf(PageKind.leaf, file), pageOf(PageKind.branch, file)];
    const keyAt = (page: number, index: number, posAt: number): number => {
      const element = page + 16 + index * 16;
      return element + file.readUInt32LE(element + posAt);
    };
    const [first, second] = [keyAt(leaf, 0, 4), keyAt(leaf, 1, 4)];
    const ofBranch = keyAt(branch, 1, 0);
    const last = file.toString('latin1', ofBranch, ofBranch + 4);
    const faults = [
      { at: second, key: '1000' },
      { at: second, key: '0999' },
      { at: first, key: '1001' },
      { at: first, key: '0999' },
      { at: second, key: '9999' },
      { at: ofBranch, key: String(Number(last) - 1) },
      { at: ofBranch, key: String(Number(last) + 1) },
    ].map(({ at, key }) => {
      const hit = Buffer.from(file);
      hit.write(key, at, 'latin1');
      return fault(hit)?.code;
    });
    expect(faults).toEqual(Array(faults.length).fill('damaged'));
    expect(fault(file)).toBeUndefined();
  });

  it('with a page that is lost is refused, unless it keeps no list', () => {
    for (const freelistPage of [2, undefined]) {
      const file = Buffer.concat([intact, Buffer.alloc(PAGE)]);
      const { meta } = PageFile.open(readFrom(intact), intact.length);
      writeMetaPage(file, 0, {
        ...meta,
        freelistPage,
        highWater: meta.highWater + 1,
        transaction: 9n,
      });
      if (freelistPage === undefined) expect(fault(file)).toBeUndefined();
      else expect(fault(file)).toMatchObject({ code: 'damaged', offsetBytes: intact.length });
    }
  });

  it('with a bucket within a bucket is refused: etcd has none', () => {
    expect(damaged((file) => file.writeUInt32LE(1, LEAF + 16))).toMatchObject({
      code: 'unsupported',
      offsetBytes: LEAF + 16,
    });
  });

  it('gives a typed error or a result for any change, and ends', () => {
    const rng = new SeededRng(5);
    let refused = 0;
    for (let round = 0; round < 20; round++) {
      const file = writeFile(randomContents(rng, 100), [1024, 4096][round % 2]);
      for (let attempt = 0; attempt < 30; attempt++) {
        const hit = Buffer.from(file);
        for (let changes = rng.below(4); changes >= 0; changes--) mutate(hit, rng);
        if (fault(hit) !== undefined) refused++;
      }
    }
    expect(refused).toBeGreaterThan(200);
  });

  it('ends without a check when a branch is its own only child', () => {
    const file = Buffer.from(intact);
    file.writeUInt16LE(1, BRANCH + 10);
    file.writeUInt32LE(BRANCH / PAGE, BRANCH + 24);
    expect(() => readAll(openFile(file))).toThrow(
      expect.objectContaining({ name: 'BoltError', code: 'damaged', offsetBytes: BRANCH }),
    );
  });

  it('ends without a check as well, also when branches go in circles', () => {
    const rng = new SeededRng(6);
    for (let round = 0; round < 200; round++) {
      const file = Buffer.from(intact);
      for (let at = 2 * PAGE; at < file.length; at += PAGE) {
        if (file.readUInt16LE(at + 8) !== PageKind.branch || rng.below(3) > 0) continue;
        const child = at + 16 + rng.below(file.readUInt16LE(at + 10)) * 16 + 8;
        file.writeUInt32LE(rng.below(file.length / PAGE), child);
      }
      try {
        readAll(openFile(file));
      } catch (error) {
        expect(error).toBeInstanceOf(BoltError);
      }
    }
  });

  it('asks for no more than the file has', () => {
    const rng = new SeededRng(7);
    for (let round = 0; round < 300; round++) {
      const hit = Buffer.from(intact);
      mutate(hit, rng);
      let asked = 0;
      const read = (offset: number, length: number): Buffer => {
        if (offset < 0 || offset + length > hit.length) throw new AssertionError('out of the file');
        asked += length;
        return hit.subarray(offset, offset + length);
      };
      try {
        finish(BoltReader.open(read, hit.length).verify());
      } catch (error) {
        expect(error).toBeInstanceOf(BoltError);
      }
      // Each page at most once, its beginning twice, and the bucket of buckets once more.
      expect(asked).toBeLessThan(3 * hit.length);
    }
  });
});

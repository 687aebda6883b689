import { fromBinaryString, SeededRng } from '@etcd-ts/foundation';
import { PageKind } from '../format/page.js';
import { PageFile } from '../reader/page-file.js';
import {
  type Entries,
  finish,
  openFile,
  randomContents,
  randomEntries,
  readAll,
  readFrom,
  requireSame,
  source,
  writeFile,
} from '../testing/memory-file.js';
import { planBolt } from './bolt-plan.js';

const PAGE_SIZES = [1024, 4096, 16_384, 65_536];

/** How many children every branch page of a file has, and how many page sizes it takes. */
function branches(file: Buffer): { children: number; pages: number }[] {
  const { meta } = PageFile.open(readFrom(file), file.length);
  const found: { children: number; pages: number }[] = [];
  for (let id = 2; id < meta.highWater;) {
    const page = file.subarray(id * meta.pageSizeBytes);
    const pages = page.readUInt32LE(12) + 1;
    if (page.readUInt16LE(8) === PageKind.branch) {
      found.push({ children: page.readUInt16LE(10), pages });
    }
    id += pages;
  }
  return found;
}

const numbered = (count: number, keyBytes: number, valueBytes: number): Entries =>
  Array.from({ length: count }, (_, i) => {
    const key = Buffer.alloc(keyBytes, 'k');
    key.writeUInt32BE(i, keyBytes - 4);
    return [key, Buffer.alloc(valueBytes, i)] as const;
  });

describe('a written file', () => {
  it.each(PAGE_SIZES)('has what was put in, in pages of %i bytes', (pageSizeBytes) => {
    const rng = new SeededRng(pageSizeBytes);
    for (let round = 0; round < 4; round++) {
      const contents = randomContents(rng);
      const file = writeFile(contents, pageSizeBytes);
      const reader = openFile(file);
      finish(reader.verify());
      expect([reader.pageSizeBytes, reader.databaseBytes]).toEqual([pageSizeBytes, file.length]);
      requireSame(readAll(reader), contents);
    }
  });

  it('may have no bucket at all', () => {
    const reader = openFile(writeFile({}));
    finish(reader.verify());
    expect(reader.bucketNames()).toEqual([]);
  });

  it('has room for more buckets than one page can name', () => {
    const names = Array.from({ length: 700 }, (_, i) => `bucket ${String(i).padStart(40, '0')}`);
    const contents = Object.fromEntries(names.map((name, i) => [name, numbered(i % 3, 8, 8)]));
    const reader = openFile(writeFile(contents));
    finish(reader.verify());
    requireSame(readAll(reader), contents);
  });

  it('has names of buckets that are any bytes', () => {
    const contents = { '\0\xff': numbered(1, 4, 0), '\xfe': [] };
    expect(openFile(writeFile(contents)).bucketNames()).toEqual(['\0\xff', '\xfe']);
  });

  it('has values larger than several pages, and keys as long as the format allows', () => {
    const contents = {
      large: [
        [Buffer.from('a'), Buffer.alloc(1_500_000, 'x')],
        [Buffer.from('b'), Buffer.alloc(0)],
        [Buffer.alloc(32_768, 'c'), Buffer.alloc(70_000, 'y')],
        [Buffer.alloc(32_768, 'd'), Buffer.alloc(0)],
      ] as const,
    };
    const reader = openFile(writeFile(contents));
    finish(reader.verify());
    requireSame(readAll(reader), contents);
  });

  it('comes in chunks of 64 KiB at most, whatever the entries are', () => {
    const entries = [...numbered(3000, 17, 100), ...numbered(3, 300, 500_000)].sort(([a], [b]) =>
      a.compare(b),
    );
    const plan = finish(planBolt([source('key', entries)], { pageSizeBytes: 4096 }));
    const sizes = [...plan.chunks()].map(({ length }) => length);
    expect(Math.max(...sizes)).toBe(65_536);
    expect(sizes.reduce((a, b) => a + b)).toBe(plan.sizeBytes);
    expect(sizes.length).toBeLessThan((plan.sizeBytes / 65_536) * 1.5);
  });

  it('is the same each time it is made from one plan', () => {
    const entries = randomEntries(new SeededRng(3), 500);
    const plan = finish(planBolt([source('key', entries)], { pageSizeBytes: 4096 }));
    const once = Buffer.concat([...plan.chunks()]);
    expect(once.equals(Buffer.concat([...plan.chunks()]))).toBe(true);
  });

  it('has no byte in its gaps that nobody put there', () => {
    const file = writeFile({ key: [[Buffer.from('k'), Buffer.from('v')]] });
    const used = file.filter((byte) => byte !== 0).length;
    expect(used).toBeLessThan(100);
  });
});

describe('a tree', () => {
  // bbolt merges a page with its neighbour below the same branch and panics when there is none.
  it('never has a branch with a single child, at any number of entries', () => {
    for (let count = 1; count < 200; count++) {
      // Two leaves a branch at least, and few more: keys of a fifth of a page.
      const found = branches(writeFile({ key: numbered(count, 200, 700) }, 1024));
      expect(found.every(({ children }) => children >= 2)).toBe(true);
      expect(found.every(({ pages }) => pages === 1)).toBe(true);
    }
  });

  it('has branches over several pages only where two keys do not fit in one', () => {
    for (let count = 1; count < 40; count++) {
      const contents = { key: numbered(count, 600, 0) };
      const file = writeFile(contents, 1024);
      finish(openFile(file).verify());
      requireSame(readAll(openFile(file)), contents);
      expect(branches(file).every(({ children }) => children >= 2 && children <= 3)).toBe(true);
    }
  });

  it('fills its pages', () => {
    const file = writeFile({ key: numbered(20_000, 17, 100) });
    const perLeaf = Math.floor((4096 - 16) / (16 + 17 + 100));
    const leaves = Math.ceil(20_000 / perLeaf);
    expect(file.length / 4096 - leaves).toBeLessThan(leaves / 100 + 8);
  });
});

describe('a plan', () => {
  it('gives way after every few thousand entries', () => {
    const work = planBolt([source('key', numbered(50_000, 8, 8))], { pageSizeBytes: 4096 });
    let yields = 0;
    while (work.next().done !== true) yields++;
    expect(yields).toBeGreaterThan(10);
  });

  it('needs no memory for a million entries', () => {
    const count = 1_000_000;
    function* sizes(): Generator<readonly [number, number]> {
      const size = [256, 256] as const;
      for (let i = 0; i < count; i++) yield size;
    }
    const work = planBolt([{ name: 'key', sizes, entries: () => [] }], { pageSizeBytes: 4096 });
    let mostBytes = 0;
    const before = process.memoryUsage().heapUsed;
    let step = work.next();
    for (; step.done !== true; step = work.next()) {
      mostBytes = Math.max(mostBytes, process.memoryUsage().heapUsed - before);
    }
    expect(step.value.sizeBytes).toBeGreaterThan(count * 512);
    expect(mostBytes).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([
    ['an empty key', [0, 1]],
    ['a key above 32 KiB', [32_769, 1]],
    ['a value of 2 GiB', [1, 2 ** 31 - 1]],
  ] as const)('refuses %s', (_, size) => {
    const bucket = { name: 'key', sizes: () => [size], entries: () => [] };
    expect(() => finish(planBolt([bucket], { pageSizeBytes: 4096 }))).toThrow(
      expect.objectContaining({ name: 'BoltError', code: 'entryTooLarge' }),
    );
  });

  it('takes no two buckets of one name, no nameless one, and no page size of its own', () => {
    const plan = (names: string[], pageSizeBytes = 4096) =>
      finish(
        planBolt(
          names.map((name) => source(name, [])),
          { pageSizeBytes },
        ),
      );
    expect(() => plan(['a', 'b', 'a'])).toThrow('two buckets are called a');
    expect(() => plan([''])).toThrow('not the name of a bucket');
    expect(() => plan(['\u0100'])).toThrow('not the name of a bucket');
    expect(() => plan([], 5000)).toThrow('page size');
  });

  it('notices a source whose entries are not what its sizes were, or not in order', () => {
    const entries = numbered(100, 8, 8);
    const lying = (given: Entries) => {
      const bucket = { ...source('key', entries), entries: () => given };
      return [...finish(planBolt([bucket], { pageSizeBytes: 4096 })).chunks()];
    };
    expect(() => lying(entries.slice(1))).toThrow('not what its sizes were');
    expect(() => lying(numbered(100, 8, 800))).toThrow('not what its sizes were');
    expect(() => lying(entries.toReversed())).toThrow('not in ascending order');
    expect(() => lying([...entries.slice(1), entries[99] as Entries[0]])).toThrow('ascending');
    expect(lying(entries)).not.toHaveLength(0);
  });
});

describe('looking up', () => {
  it('starts at any key, present or not', () => {
    const rng = new SeededRng(9);
    const entries = randomEntries(rng, 700);
    const reader = openFile(writeFile({ key: entries }, 1024));
    const probes = [
      ...entries.map(([key]) => key),
      ...randomEntries(rng, 100).map(([key]) => key),
      fromBinaryString('\0'),
      Buffer.alloc(40_000, 0xff),
    ];
    for (const probe of probes) {
      const expected = entries.find(([key]) => key.compare(probe) >= 0);
      const [found] = reader.entries('key', probe);
      expect(found?.[0].toString('hex')).toBe(expected?.[0].toString('hex'));
      const value = expected?.[0].equals(probe) === true ? expected[1] : undefined;
      expect(reader.get('key', probe)?.toString('hex')).toBe(value?.toString('hex'));
    }
    expect([...reader.entries('key', entries[300]?.[0])]).toHaveLength(400);
  });

  it('finds nothing in a bucket that is not there', () => {
    const reader = openFile(writeFile({ key: [] }));
    expect([...reader.entries('lease')]).toEqual([]);
    expect(reader.get('lease', Buffer.from('k'))).toBeUndefined();
  });
});

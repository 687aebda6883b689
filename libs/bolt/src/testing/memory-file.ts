import { assert, compareBytes } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { BoltReader } from '../reader/bolt-reader.js';
import type { ReadBytes } from '../reader/page-file.js';
import { type BoltBucketSource, planBolt } from '../writer/bolt-plan.js';

export type Entries = readonly (readonly [key: Buffer, value: Buffer])[];
export type Contents = Readonly<Record<string, Entries>>;

/** Runs a generator to its end. */
export function finish<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

export function source(name: string, entries: Entries): BoltBucketSource {
  return {
    name,
    sizes: () => entries.map(([key, value]) => [key.length, value.length] as const),
    entries: () => entries,
  };
}

export function writeFile(contents: Contents, pageSizeBytes = 4096): Buffer {
  const buckets = Object.entries(contents).map(([name, entries]) => source(name, entries));
  const plan = finish(planBolt(buckets, { pageSizeBytes }));
  const file = Buffer.concat([...plan.chunks()]);
  assert(file.length === plan.sizeBytes, 'the file is not as long as planned');
  return file;
}

export const readFrom =
  (file: Buffer): ReadBytes =>
  (offset, length) =>
    file.subarray(offset, offset + length);

export const openFile = (file: Buffer): BoltReader => BoltReader.open(readFrom(file), file.length);

export function readAll(reader: BoltReader): Contents {
  return Object.fromEntries(
    reader.bucketNames().map((name) => [name, [...reader.entries(name)]] as const),
  );
}

/** jest's own comparison takes seconds for a few thousand buffers. */
export function requireSame(actual: Contents, expected: Contents): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected).sort());
  for (const [name, entries] of Object.entries(expected)) {
    const found = actual[name] ?? [];
    expect(`${name}: ${found.length}`).toBe(`${name}: ${entries.length}`);
    // One comparison of bytes instead of thousands of jest's.
    const bytes = (all: Entries): Buffer => Buffer.concat(all.flat());
    expect(found.every(([key], i) => entries[i]?.[0].equals(key))).toBe(true);
    expect(bytes(found).equals(bytes(entries))).toBe(true);
  }
}

/** Distinct keys in order: short ones with shared prefixes mostly, some long; values of all sizes. */
export function randomEntries(rng: Rng, count: number): Entries {
  const keys = new Map<string, Buffer>();
  while (keys.size < count) {
    const length = 1 + rng.below(rng.below(50) === 0 ? 5000 : 24);
    const key = Buffer.from(Array.from({ length }, () => rng.below(rng.below(2) === 0 ? 3 : 256)));
    keys.set(key.toString('latin1'), key);
  }
  return [...keys.values()].sort(compareBytes).map((key) => {
    const kind = rng.below(30);
    const length = kind === 0 ? rng.below(40_000) : kind < 5 ? rng.below(2000) : rng.below(60);
    return [key, Buffer.alloc(length, rng.below(256))] as const;
  });
}

export function randomContents(rng: Rng, most = 400): Contents {
  const sizes = [0, 1, 3, rng.below(40), rng.below(most), rng.below(most)];
  return Object.fromEntries(
    sizes.map((size, i) => [`bucket ${(i * 5) % 6}`, randomEntries(rng, size)] as const),
  );
}

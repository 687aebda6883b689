import { SeededRng } from '@etcd-ts/foundation';
import { compactSlice } from './index-compaction.js';
import { KeyIndex, visibleAt } from './key-index.js';

interface Change {
  readonly key: string;
  readonly main: number;
  readonly version: number;
}

/** All changes of all keys; every question is a search from the start. */
class ChangeList {
  readonly changes: Change[] = [];

  liveAt(revision: number): Change[] {
    const newest = new Map<string, Change>();
    for (const change of this.changes) if (change.main <= revision) newest.set(change.key, change);
    return [...newest.values()]
      .filter((change) => change.version > 0)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

const EVERYTHING = { from: '', end: undefined };
const keyOf = (n: number): string => `/key/${String(n).padStart(6, '0')}`;

function liveKeys(index: KeyIndex): string[] {
  const keys: string[] = [];
  index.visit(EVERYTHING, true, (leaf, slot) => keys.push(leaf.keys[slot] as string) > 0);
  return keys;
}

function sweep(index: KeyIndex, revision: number, budget: number): { main: number }[] {
  const removed: { main: number }[] = [];
  let from: string | undefined = '';
  while (from !== undefined) {
    const slice = compactSlice(index, revision, from, budget);
    expect(slice.removed.length).toBeLessThanOrEqual(budget + 1);
    removed.push(...slice.removed);
    from = slice.resumeKey;
  }
  return removed;
}

describe('the key index', () => {
  it.each([1, 2, 3])('agrees with a list over growth and shrinkage, seed %i', (seed) => {
    const rng = new SeededRng(seed);
    const index = new KeyIndex();
    const list = new ChangeList();
    let compacted = 0;
    for (let main = 1; main <= 12_000; main++) {
      // First many new keys, then mostly deletes, so that leaves split and join.
      const key = keyOf(rng.below(4000));
      const live = index.findLive(key);
      const version = live ? index.leaf.version(index.slot) : 0;
      const remove = live && rng.below(100) < (main < 6000 ? 10 : 75);
      if (!live && main > 9000) continue;
      const next = remove ? 0 : version + 1;
      index.append(key, main, 0, next === 0 ? 0 : 1, next);
      list.changes.push({ key, main, version: next });
      if (main % 3000 === 0) {
        compacted = main - rng.below(500);
        sweep(index, compacted, 1 + rng.below(50));
      }
      if (main % 1500 === 0) compare(index, list, compacted, main, rng);
    }
  });

  it('keeps nothing of keys that are gone once the tombstone is compacted', () => {
    const index = new KeyIndex();
    for (let i = 0; i < 5000; i++) index.append(keyOf(i), i + 1, 0, i + 1, 1);
    for (let i = 0; i < 5000; i++) index.append(keyOf(i), i + 5001, 0, 0, 0);
    expect([index.liveCount, index.size]).toEqual([0, 5000]);
    expect(sweep(index, 10_000, 100).length).toBe(9999);
    // The last tombstone is exactly at the revision: it stays until the next compaction.
    expect(index.size).toBe(1);
    expect(sweep(index, 10_001, 100)).toEqual([{ main: 10_000, sub: 0 }]);
    expect(index.size).toBe(0);
    index.append('a', 10_001, 0, 10_001, 1);
    expect(liveKeys(index)).toEqual(['a']);
  });

  it('removes a long history in bounded slices, oldest first', () => {
    const index = new KeyIndex();
    for (let main = 1; main <= 1000; main++) index.append('hot', main, 0, 1, main);
    const slice = compactSlice(index, 900, '', 10);
    expect(slice.resumeKey).toBe('hot');
    expect(slice.removed.map(({ main }) => main)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(sweep(index, 900, 10).length).toBe(899 - 9);
    index.find('hot');
    expect(visibleAt(index.leaf, index.slot, 900)).toEqual({ main: 900, sub: 0 });
    expect(visibleAt(index.leaf, index.slot, 899)).toBeUndefined();
  });

  it('refuses revisions that do not grow', () => {
    const index = new KeyIndex();
    index.append('a', 5, 1, 5, 1);
    expect(() => index.append('a', 5, 1, 5, 2)).toThrow('must grow');
    expect(() => index.append('a', 4, 9, 5, 2)).toThrow('must grow');
  });
});

function compare(
  index: KeyIndex,
  list: ChangeList,
  compacted: number,
  main: number,
  rng: SeededRng,
): void {
  const live = list.liveAt(main).map(({ key }) => key);
  expect(liveKeys(index)).toEqual(live);
  expect(index.liveCount).toBe(live.length);
  for (let i = 0; i < 50; i++) {
    const from = keyOf(rng.below(4500));
    const end = rng.below(5) === 0 ? undefined : keyOf(rng.below(4500));
    const expected = live.filter((key) => key >= from && (end === undefined || key < end));
    expect(index.countLive({ from, end })).toBe(expected.length);
    const limit = rng.below(100) + 1;
    const seen: string[] = [];
    index.visit({ from, end }, true, (leaf, slot) => {
      seen.push(leaf.keys[slot] as string);
      return seen.length < limit;
    });
    expect(seen).toEqual(expected.slice(0, limit));
  }
  const past = compacted + rng.below(main - compacted + 1);
  const visible: number[] = [];
  index.visit(EVERYTHING, false, (leaf, slot) => {
    const id = visibleAt(leaf, slot, past);
    if (id !== undefined) visible.push(id.main);
    return true;
  });
  expect(visible).toEqual(list.liveAt(past).map((change) => change.main));
}

import { Revision, SeededRng } from '@etcd-ts/foundation';
import type { RevisionId } from './backend.js';
import { OrderedRevisions } from './ordered-revisions.js';

const compare = (a: RevisionId, b: RevisionId): number => a.main - b.main || a.sub - b.sub;

function distinctRevisions(rng: SeededRng, count: number): RevisionId[] {
  const found = new Map<string, RevisionId>();
  while (found.size < count) {
    // Also mains above 32 bits, and many changes of one transaction.
    const main = Revision(rng.below(2) === 0 ? 7 : 2 ** 40 + rng.below(4 * count));
    const sub = rng.below(2) === 0 ? 0 : rng.below(2 * count);
    found.set(`${main}.${sub}`, { main, sub });
  }
  return [...found.values()];
}

describe('revisions in order', () => {
  it('leave in ascending order, each once, whatever order and portions they came in', () => {
    const rng = new SeededRng(8);
    for (const count of [0, 1, 2, 2047, 2048, 2049, 12_345]) {
      const revisions = distinctRevisions(rng, count);
      const ordered = new OrderedRevisions();
      for (let at = 0; at < count;) {
        const end = at + 1 + rng.below(3000);
        ordered.add(revisions.slice(at, end));
        at = end;
      }
      expect(ordered.size).toBe(count);
      const taken: RevisionId[] = [];
      while (ordered.size > 0) taken.push(...ordered.take(1 + rng.below(3000)));
      expect(taken).toEqual(revisions.toSorted(compare));
      expect(ordered.take(1)).toEqual([]);
    }
  });

  it('gives the smallest of those that are there when more come in between', () => {
    const rng = new SeededRng(9);
    const ordered = new OrderedRevisions();
    const present: RevisionId[] = [];
    for (const revision of distinctRevisions(rng, 9000)) {
      ordered.add([revision]);
      present.push(revision);
      if (rng.below(500) > 0) continue;
      present.sort(compare);
      const max = rng.below(800);
      expect(ordered.take(max)).toEqual(present.splice(0, max));
    }
    expect(ordered.size).toBe(present.length);
  });
});

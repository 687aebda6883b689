import { join } from 'node:path';
import { Revision, SeededRng } from '@etcd-ts/foundation';
import { openBackend } from '../testing/opened-backend.js';
import { temporaryDirectories } from '../testing/temporary-directory.js';
import type { Backend } from './backend.js';

const directory = temporaryDirectories();
const MAINS = 1500;
const ALL = 2 * MAINS;

const nameOf = (main: number, sub: number): string => `${main}.${sub}`;

/** Every third has a second change; some values fill pages of their own. The names of the rows. */
function writeRows(backend: Backend, rng: SeededRng): Set<string> {
  const names = new Set<string>();
  for (let main = 1; main <= MAINS; main++) {
    for (const sub of main % 3 === 0 ? [0, 1] : [0]) {
      const value = Buffer.alloc(rng.below(50) === 0 ? 40_000 : 100, nameOf(main, sub));
      backend.appendRevision(Revision(main), sub, false, value);
      names.add(nameOf(main, sub));
    }
  }
  return names;
}

/** As a compaction deletes: ascending, nearly all of some stretches and little of others. */
function deleteSome(backend: Backend, rng: SeededRng, names: Set<string>): void {
  let kept = 2;
  for (let main = 1; main <= MAINS; main++) {
    if (rng.below(400) === 0) kept = 1 + rng.below(60);
    if (rng.below(kept) === 0) continue;
    const subs = rng.below(5) === 0 ? [0, 1] : [rng.below(2)];
    const revisions = subs.map((sub) => ({ main: Revision(main), sub }));
    backend.deleteRevisions(revisions);
    for (const sub of subs) names.delete(nameOf(main, sub));
  }
}

const namesIn = (backend: Backend): string[] =>
  backend.scanRevisions(Revision(0), 0, ALL).map(({ main, sub }) => nameOf(main, sub));

describe('rows deleted in runs', () => {
  it.each([1, 2])('are those asked for and no others, in any slices (seed %i)', async (seed) => {
    const rng = new SeededRng(seed);
    const file = join(directory(), 'db.sqlite');
    const backend = openBackend(file);
    const expected = writeRows(backend, rng);
    backend.commit();
    for (let round = 0; round < 3; round++) {
      deleteSome(backend, rng, expected);
      expect(namesIn(backend)).toEqual([...expected]);
      while (!backend.commitStep(1 + rng.below(300)));
      expect(namesIn(backend)).toEqual([...expected]);
    }
    await backend.close();
    // A whole scan also compares the totals that the commits have left with the rows.
    const again = openBackend(file);
    expect(namesIn(again)).toEqual([...expected]);
    expect(again.integrityCheck()).toEqual([]);
    await again.close();
  });
});

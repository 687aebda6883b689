import { join } from 'node:path';
import { SeededRng } from '@etcd-ts/foundation';
import { temporaryDirectories } from '../testing/temporary-directory.js';
import { createDatabase, type Sqlite } from './database.js';
import { type RawRow, RevisionPages } from './revision-pages.js';

const directory = temporaryDirectories();
const ROWS = 700;
const END = 2 ** 50;

/** Empty ones, ones that fill pages of their own, and bytes of every kind: zeros, no UTF-8. */
function randomValue(rng: SeededRng): Buffer {
  const kind = rng.below(40);
  if (kind === 0) return Buffer.alloc(0);
  const bytes = Buffer.from(Array.from({ length: 1 + rng.below(500) }, () => rng.below(256)));
  return kind === 1 ? Buffer.alloc(150_000 + rng.below(9), bytes) : bytes;
}

/** With gaps, and some above 32 bits. */
function fill(database: Sqlite, rng: SeededRng): RawRow[] {
  const insert = database.prepare('INSERT INTO revision VALUES (?,?,?,?)');
  const rows: RawRow[] = [];
  let main = 0;
  for (let i = 0; i < ROWS; i++) {
    main += i === ROWS / 2 ? 2 ** 40 : 1 + rng.below(3);
    const row: RawRow = [main, 0, rng.below(2), (rng.next() * 2 ** 32) | 0, randomValue(rng)];
    insert.run(row[0], row[2], row[3], row[4]);
    rows.push(row);
  }
  return rows;
}

describe('rows read by the page', () => {
  let database: Sqlite;
  let pages: RevisionPages;
  let stored: RawRow[];
  const rng = new SeededRng(4);

  beforeAll(() => {
    database = createDatabase(join(directory(), 'db.sqlite'));
    pages = new RevisionPages(database);
    stored = fill(database, rng);
  });

  afterAll(() => void database.close());

  it('are those stored, byte for byte, wherever a page begins and ends', () => {
    for (let round = 0; round < 30; round++) {
      const first = rng.below(ROWS);
      const end = rng.below(3) === 0 ? (stored[rng.below(ROWS)]?.[0] ?? END) : END;
      const max = 1 + rng.below(round % 2 === 0 ? 64 : 500);
      const from = stored[first]?.[0] ?? 0;
      const expected = stored.filter(([main]) => main >= from && main < end).slice(0, max);
      const found = pages.rows(from, end, max);
      expect(found.map(([main]) => main)).toEqual(expected.map(([main]) => main));
      expect(found.every((row, i) => isSame(row, expected[i]))).toBe(true);
    }
  });

  it('have the sizes that are told without reading them', () => {
    for (const max of [1, 31, 32, 300, ROWS, ROWS + 1]) {
      const expected = stored.slice(20, 20 + max);
      expect(pages.sizes(stored[20]?.[0] ?? 0, max)).toEqual(
        expected.map(([main, sub, tombstone, , value]) => [main, sub, tombstone, value.length]),
      );
    }
  });

  it('are none behind the last', () => {
    const behind = (stored.at(-1)?.[0] ?? 0) + 1;
    expect([pages.rows(behind, END, 1000), pages.sizes(behind, 1000)]).toEqual([[], []]);
  });

  it('are refused when a value is no longer bytes', () => {
    const main = stored[100]?.[0];
    database.prepare("UPDATE revision SET value = 'h\u00e4tte' WHERE main = ?").run(main);
    expect(() => pages.rows(stored[90]?.[0] ?? 0, END, 100)).toThrow('damaged');
  });
});

function isSame(row: RawRow, expected: RawRow | undefined): boolean {
  if (expected === undefined || !row[4].equals(expected[4])) return false;
  return row.slice(0, 4).every((number, i) => number === expected[i]);
}

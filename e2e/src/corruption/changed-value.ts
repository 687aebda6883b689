import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { crc32c, must } from '@etcd-ts/foundation';
import type { Flavour } from '@etcd-ts/testkit';
import Database from 'better-sqlite3';

const SNAP = join('member', 'snap');

interface Row {
  readonly main: number;
  readonly tombstone: number;
  readonly checksum: number;
  readonly value: Buffer;
}

/** As stored: 32 bits, signed, over the value and what it is the value of. */
function checksumOf({ main, tombstone, value }: Row): number {
  const identity = main ^ Math.floor(main / 2 ** 32) ^ Math.imul(1, 0x9e3779b1) ^ tombstone;
  return crc32c(value, identity >>> 0) | 0;
}

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  const changed = Buffer.from(bytes);
  for (let at = changed.indexOf(from); at >= 0; at = changed.indexOf(from, at)) {
    changed.write(to, at);
  }
  return changed;
}

/**
 * Changes the text of the newest such value in the database of a member that does not run, to one as long.
 *
 * `noticeable`: as a bad disk would, under a checksum that stays what it was. Otherwise as a bad
 * program or a bad memory would, before the checksum was made, so that everything in the file is as
 * it should be and only the other members can tell. The original has no checksums: it is one to it.
 */
export function changeValue(
  flavour: Flavour,
  dataDir: string,
  { from, to, noticeable }: { from: string; to: string; noticeable: boolean },
): void {
  if (flavour === 'reference') {
    const file = join(dataDir, SNAP, 'db');
    writeFileSync(file, replaced(readFileSync(file), from, to));
    return;
  }
  const database = new Database(join(dataDir, SNAP, 'db.sqlite'));
  try {
    const rows = database.prepare<[], Row>('SELECT * FROM revision').all();
    const row = must(rows.filter(({ value }) => value.includes(from)).at(-1), 'the value');
    if (!noticeable && checksumOf(row) !== row.checksum) {
      throw new Error('checksums are made in another way');
    }
    const value = replaced(row.value, from, to);
    const checksum = noticeable ? row.checksum : checksumOf({ ...row, value });
    database
      .prepare('UPDATE revision SET value = ?, checksum = ? WHERE main = ?')
      .run(value, checksum, row.main);
    const { sum } = must(
      database.prepare<[], { sum: number }>("SELECT sum FROM total WHERE name = 'revision'").get(),
      'the total',
    );
    database
      .prepare("UPDATE total SET sum = ? WHERE name = 'revision'")
      .run((sum - row.checksum + checksum) | 0);
  } finally {
    database.close();
  }
}

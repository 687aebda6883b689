import { failpoint } from '@etcd-ts/failpoint';
import type { BucketTable } from './bucket-table.js';
import type { Sqlite } from './database.js';
import type { PendingChanges, RevisionRow } from './pending-changes.js';
import { type RevisionTable, ROWS_PER_INSERT } from './revision-table.js';

/** A slice is measured in operations; so many bytes of values weigh as one more. */
const BYTES_PER_OPERATION = 1024;

/**
 * Writes one generation of changes inside one SQLite transaction. next(n) writes about n
 * operations and yields; the last one commits. Until then nothing of it is there after a crash.
 * The first next() begins nothing.
 */
export function* writeChanges(
  database: Sqlite,
  revisions: RevisionTable,
  buckets: BucketTable,
  changes: PendingChanges,
): Generator<void, void, number> {
  let budget: number = yield;
  FAILPOINT: failpoint('beforeStartDBTxn');
  database.exec('BEGIN IMMEDIATE');
  FAILPOINT: failpoint('afterStartDBTxn');
  let many: RevisionRow[] = [];
  for (const row of changes.rows) {
    if (changes.deleted.has(row.main, row.sub)) continue;
    if (row.sub > 0) revisions.insert(row);
    else if (many.push(row) === ROWS_PER_INSERT) {
      revisions.insertMany(many);
      many = [];
    }
    budget -= 1 + row.value.length / BYTES_PER_OPERATION;
    if (budget <= 0) budget = yield;
  }
  for (const row of many) revisions.insert(row);
  for (const [main, sub] of changes.deleted) {
    revisions.delete(main, sub);
    if (--budget <= 0) budget = yield;
  }
  for (const [bucket, entries] of changes.buckets) {
    for (const [key, value] of entries) {
      buckets.write(bucket, key, value);
      budget -= 1 + (value?.length ?? 0) / BYTES_PER_OPERATION;
      if (budget <= 0) budget = yield;
    }
  }
  revisions.saveTotal();
  buckets.saveTotal();
  FAILPOINT: failpoint('beforeCommit');
  database.exec('COMMIT');
  FAILPOINT: failpoint('afterCommit');
}

import { failpoint } from '@etcd-ts/failpoint';
import type { BucketTable } from './bucket-table.js';
import type { Sqlite } from './database.js';
import type { PendingChanges, RevisionRow } from './pending-changes.js';
import type { RevisionSet } from './revision-set.js';
import { type RevisionTable, ROWS_PER_INSERT } from './revision-table.js';

/** A slice is measured in operations; so many bytes of values weigh as one more. */
const BYTES_PER_OPERATION = 1024;
/**
 * Rows deleted by one statement, which cannot be sliced: as many as hold so many bytes, as far as the
 * ones before tell, for the pages of large values are freed one by one.
 */
const RUN_BYTES = 256 * 1024;
const FIRST_RUN_ROWS = 8;
const MAX_RUN_ROWS = 256;

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
  budget = yield* deleteRows(revisions, changes.deleted, budget);
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

/** Rows of sub 0 whose mains follow each other, in the order they come in, go together. */
function* deleteRows(
  revisions: RevisionTable,
  deleted: RevisionSet,
  budgetBefore: number,
): Generator<void, number, number> {
  let budget = budgetBefore;
  let maxRows = FIRST_RUN_ROWS;
  let first = 0;
  let rows = 0;
  const endRun = (): void => {
    if (rows === 0) return;
    const bytes = revisions.deleteRun(first, first + rows - 1);
    budget -= rows + bytes / BYTES_PER_OPERATION;
    const fitting = Math.floor((rows * RUN_BYTES) / Math.max(bytes, 1));
    maxRows = Math.max(1, Math.min(fitting, 2 * maxRows, MAX_RUN_ROWS));
    rows = 0;
  };
  for (const [main, sub] of deleted) {
    if (sub > 0 || main !== first + rows || rows >= maxRows) endRun();
    if (sub > 0) {
      revisions.deleteSub(main, sub);
      budget--;
    } else if (rows++ === 0) first = main;
    if (budget <= 0) budget = yield;
  }
  endRun();
  return budget;
}

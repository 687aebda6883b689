import type { OperationResult } from '@etcd-ts/mvcc';
import type { MvccMetrics } from '@etcd-ts/observability';

export interface OperationCount {
  readonly puts: number;
  readonly deletes: number;
  readonly ranges: number;
}

/**
 * etcd counts what a request did to the store, however it was asked: each operation by its kind,
 * and one transaction when they were several.
 */
export function countOperations(metrics: MvccMetrics, count: OperationCount): void {
  const { puts, deletes, ranges } = count;
  if (puts + deletes + ranges > 1) metrics.txn.inc();
  if (puts > 0) metrics.put.inc(puts);
  if (deletes > 0) metrics.delete.inc(deletes);
  if (ranges > 0) metrics.range.inc(ranges);
}

/** What a transaction has executed, nested ones included. */
export function operationsOf(results: readonly OperationResult[]): OperationCount {
  let puts = 0;
  let deletes = 0;
  let ranges = 0;
  for (const result of results) {
    if (result.kind === 'put') puts++;
    else if (result.kind === 'deleteRange') deletes++;
    else if (result.kind === 'range') ranges++;
    else {
      const nested = operationsOf(result.results);
      puts += nested.puts;
      deletes += nested.deletes;
      ranges += nested.ranges;
    }
  }
  return { puts, deletes, ranges };
}

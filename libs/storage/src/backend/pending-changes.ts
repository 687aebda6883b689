import type { BinaryString, Revision } from '@etcd-ts/foundation';
import { assert } from '@etcd-ts/foundation';
import { RevisionSet } from './revision-set.js';

export interface RevisionRow {
  readonly main: Revision;
  readonly sub: number;
  readonly tombstone: boolean;
  /** Marshalled mvccpb.KeyValue. */
  readonly value: Uint8Array;
}

/** What one commit will write: reads look here first, so that a mutation is visible at once. */
export class PendingChanges {
  /** Ascending. A row deleted again before the commit stays here and is in `deleted`. */
  readonly rows: RevisionRow[] = [];
  readonly deleted = new RevisionSet();
  /** undefined: deleted. */
  readonly buckets = new Map<string, Map<BinaryString, Uint8Array | undefined>>();
  #bucketChanges = 0;

  get operations(): number {
    return this.rows.length + this.deleted.size + this.#bucketChanges;
  }

  append(row: RevisionRow): void {
    const last = this.rows.at(-1);
    assert(
      last === undefined || precedes(last, row.main, row.sub),
      () => `revision ${row.main}.${row.sub} appended out of order`,
    );
    this.rows.push(row);
  }

  find(main: number, sub: number): RevisionRow | undefined {
    const row = this.rows[this.lowerBound(main, sub)];
    return row !== undefined && row.main === main && row.sub === sub ? row : undefined;
  }

  /** Position of the first row at or after (main, sub). */
  lowerBound(main: number, sub: number): number {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (precedes(this.rows[middle] as RevisionRow, main, sub)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  setBucket(bucket: string, key: BinaryString, value: Uint8Array | undefined): void {
    let changes = this.buckets.get(bucket);
    if (changes === undefined) {
      changes = new Map();
      this.buckets.set(bucket, changes);
    }
    changes.set(key, value);
    this.#bucketChanges++;
  }
}

export function precedes(row: RevisionRow, main: number, sub: number): boolean {
  return row.main < main || (row.main === main && row.sub < sub);
}

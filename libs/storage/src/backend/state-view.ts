import {
  type BinaryString,
  fromBinaryString,
  type Revision,
  toBinaryString,
} from '@etcd-ts/foundation';
import { PendingChanges, type RevisionRow } from './pending-changes.js';
import { type CommittedState, NO_BOUND } from './state-database.js';

/**
 * The state as its readers see it: what the database holds, under the changes of the commit that is
 * being written, under those that wait for the next one. A half-written commit may be in the database and
 * in the layer above them, so reads must not take a row from both.
 */
export class StateView {
  readonly #committed: CommittedState;
  #pending = new PendingChanges();
  #committing: PendingChanges | undefined;

  constructor(committed: CommittedState) {
    this.#committed = committed;
  }

  /** Where new changes go. */
  get pending(): PendingChanges {
    return this.#pending;
  }

  /** What is pending becomes the layer that a commit writes; it stays visible until endCommit(). */
  beginCommit(): PendingChanges {
    const changes = this.#pending;
    this.#committing = changes;
    this.#pending = new PendingChanges();
    return changes;
  }

  endCommit(): void {
    this.#committing = undefined;
  }

  /** Newest first. */
  #layers(): readonly PendingChanges[] {
    return this.#committing === undefined ? [this.#pending] : [this.#pending, this.#committing];
  }

  readRevision(main: Revision, sub: number): Uint8Array | undefined {
    for (const changes of this.#layers()) {
      if (changes.deleted.has(main, sub)) return undefined;
      const row = changes.find(main, sub);
      if (row !== undefined) return row.value;
    }
    return this.#committed.revisions.read(main, sub);
  }

  /** Ascending, from (fromMain, fromSub) inclusive; fewer than maxRows only at the end. */
  scanRevisions(fromMain: Revision, fromSub: number, maxRows: number): readonly RevisionRow[] {
    const found: RevisionRow[] = [];
    const layers = this.#layers().toReversed();
    // Buffered rows lie above all stored ones; those of a commit half written must not come twice.
    const bound = layers.find(({ rows }) => rows.length > 0)?.rows[0] ?? NO_BOUND;
    let main: number = fromMain;
    let sub = fromSub;
    while (found.length < maxRows) {
      const wanted = maxRows - found.length;
      const rows = this.#committed.revisions.scan(main, sub, bound, wanted);
      for (const row of rows) if (!this.#isDeleted(row)) found.push(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < wanted) break;
      main = last.main;
      sub = last.sub + 1;
    }
    for (const { rows, lowerBound } of layers.map((changes) => ({
      rows: changes.rows,
      lowerBound: changes.lowerBound(fromMain, fromSub),
    }))) {
      for (let i = lowerBound; i < rows.length && found.length < maxRows; i++) {
        const row = rows[i] as RevisionRow;
        if (!this.#isDeleted(row)) found.push(row);
      }
    }
    return found;
  }

  #isDeleted({ main, sub }: RevisionRow): boolean {
    return this.#layers().some(({ deleted }) => deleted.has(main, sub));
  }

  bucketGet(bucket: string, name: BinaryString): Uint8Array | undefined {
    for (const { buckets } of this.#layers()) {
      const changes = buckets.get(bucket);
      if (changes?.has(name) === true) return changes.get(name);
    }
    return this.#committed.buckets.get(bucket, name);
  }

  /** In byte order of the keys, as of now: later changes are not seen by the iteration. */
  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]> {
    const stored = this.#committed.buckets.entries(bucket);
    const layers = this.#layers().toReversed();
    if (!layers.some(({ buckets }) => buckets.has(bucket))) return stored;
    const merged = new Map<BinaryString, Uint8Array | undefined>(
      stored.map(([key, value]) => [toBinaryString(key), value]),
    );
    for (const { buckets } of layers) {
      for (const [key, value] of buckets.get(bucket) ?? []) merged.set(key, value);
    }
    return [...merged]
      .filter((entry): entry is [BinaryString, Uint8Array] => entry[1] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [fromBinaryString(key), value] as const);
  }
}

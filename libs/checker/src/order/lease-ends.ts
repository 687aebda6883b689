import type { HistoryEntry } from '../history.js';
import type { KvOperation } from '../operation.js';
import type { Change, Timeline } from '../timeline.js';

/**
 * Which leases are over, as far as the order of revisions knows: the lessor revokes a lease in one
 * revision that deletes all its keys (L2), and nothing can be attached to it afterwards.
 */
export class LeaseEnds {
  readonly #endedAt = new Map<bigint, number>();
  readonly #inOrder: { readonly lease: bigint; readonly revision: number }[] = [];
  /** Ids that were granted more than once: an end says nothing about the lease after it. */
  readonly #reused = new Set<bigint>();

  constructor(entries: readonly HistoryEntry[]) {
    const granted = new Set<bigint>();
    for (const { operation, outcome } of entries) {
      if (operation.kind !== 'leaseGrant' || outcome.kind === 'failed') continue;
      if (granted.has(operation.lease)) this.#reused.add(operation.lease);
      granted.add(operation.lease);
    }
  }

  end(lease: bigint, revision: number): void {
    if (this.#reused.has(lease) || this.#endedAt.has(lease)) return;
    this.#endedAt.set(lease, revision);
    this.#inOrder.push({ lease, revision });
  }

  /** Takes back all ends above a revision. */
  rollback(revision: number): void {
    for (let last = this.#inOrder.at(-1); last !== undefined; last = this.#inOrder.at(-1)) {
      if (last.revision <= revision) return;
      this.#endedAt.delete(last.lease);
      this.#inOrder.pop();
    }
  }

  /** Keys that a revoked lease (by its answer) still holds; none if that cannot be told. */
  leftBehind(lease: bigint, timeline: Timeline): string[] {
    if (this.#reused.has(lease)) return [];
    return timeline
      .all()
      .filter((kv) => kv.lease === lease)
      .map(({ key }) => key);
  }

  /** The lease, already over, under which these changes attach a key; undefined if there is none. */
  attachedAfterEnd(operation: KvOperation, changes: readonly Change[]): bigint | undefined {
    if (this.#endedAt.size === 0 || operation.kind === 'deleteRange') return undefined;
    for (const { kv } of changes) {
      if (kv !== undefined && this.#endedAt.has(kv.lease)) return kv.lease;
    }
    return undefined;
  }

  /** What the end of each lease that holds keys would change, by lease. */
  static possible(timeline: Timeline): Map<bigint, Change[]> {
    const byLease = new Map<bigint, Change[]>();
    for (const { key, lease } of timeline.all()) {
      if (lease === 0n) continue;
      const changes = byLease.get(lease);
      const change = { key, kv: undefined };
      if (changes === undefined) byLease.set(lease, [change]);
      else changes.push(change);
    }
    return byLease;
  }
}

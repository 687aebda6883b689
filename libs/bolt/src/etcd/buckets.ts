import { ETCD_BUCKETS } from '@etcd-ts/foundation';
import type { BoltBucketSource } from '../writer/bolt-plan.js';

/**
 * With an empty one for every bucket of etcd's that is not among them.
 *
 * What the readers of a snapshot insist on, beyond an intact file and its digest:
 * - 3.4 wants `key` only, and makes whatever else is missing (tried with 3.4.23: status, restore,
 *   start). Its restore leaves the old members where they are.
 * - 3.6 reads `meta`/storageVersion without asking whether there is a `meta`, and the restore of 3.5
 *   and later puts its consistent index and term there: a file without that bucket ends both.
 * - Without finishedCompactRev the store counts as never compacted and HashKV is another.
 * - A storageVersion above the reader's own is refused, as an unsupported downgrade. None, with a
 *   term, is 3.5; neither is a warning in the log, until the member's next raft snapshot.
 * - Member to member, consistent_index has to be the index of the raft snapshot it comes with: a
 *   higher one hides the entries between from the receiver, a lower one has them applied twice.
 */
export function withEmptyBuckets(sources: readonly BoltBucketSource[]): BoltBucketSource[] {
  const present = new Set(sources.map(({ name }) => name));
  const missing = ETCD_BUCKETS.filter((name) => !present.has(name));
  return [...sources, ...missing.map(emptyBucket)];
}

function emptyBucket(name: string): BoltBucketSource {
  return { name, sizes: () => [], entries: () => [] };
}

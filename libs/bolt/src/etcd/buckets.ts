import type { BoltBucketSource } from '../writer/bolt-plan.js';

/**
 * The buckets every etcd creates when it starts, in the order of the file. All are at the top
 * level; others are left alone by etcd.
 *
 * | bucket | key | value |
 * | --- | --- | --- |
 * | key | revision (see RevisionKey) | mvccpb.KeyValue; of a tombstone, the key alone |
 * | meta | consistent_index | u64, big-endian: the last raft index whose effects are in the file |
 * | meta | term (3.5) | u64, big-endian: the term of that index |
 * | meta | confState (3.5) | JSON of raftpb.ConfState |
 * | meta | scheduledCompactRev, finishedCompactRev | revision, 17 bytes |
 * | meta | storageVersion (3.6) | "3.6.0" |
 * | lease | lease id, u64 big-endian | leasepb.Lease |
 * | alarm | AlarmMember | empty |
 * | cluster | clusterVersion, downgrade (3.5) | "3.6.0", JSON |
 * | members, members_removed | member id in hex | Member as JSON, "removed" |
 * | auth | authEnabled, authRevision | one byte, u64 big-endian |
 * | authUsers, authRoles | name | authpb.User, authpb.Role |
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
export const ETCD_BUCKETS = [
  'alarm',
  'auth',
  'authRoles',
  'authUsers',
  'cluster',
  'key',
  'lease',
  'members',
  'members_removed',
  'meta',
] as const;

/** With an empty one for every bucket of etcd's that is not among them. */
export function withEmptyBuckets(sources: readonly BoltBucketSource[]): BoltBucketSource[] {
  const present = new Set(sources.map(({ name }) => name));
  const missing = ETCD_BUCKETS.filter((name) => !present.has(name));
  return [...sources, ...missing.map(emptyBucket)];
}

function emptyBucket(name: string): BoltBucketSource {
  return { name, sizes: () => [], entries: () => [] };
}

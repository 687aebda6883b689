/** Holds the revisions: see RevisionKey. */
export const KEY_BUCKET = 'key';
export const META_BUCKET = 'meta';
/** In the meta bucket: where a store of ours finds its revision again; eight bytes, the higher first. */
export const CURRENT_REVISION_META = 'currentRevision';

/**
 * The buckets every etcd creates when it starts, in byte order, which is the order of its file and
 * of its hashes. All are at the top level; others are left alone by etcd.
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
 */
export const ETCD_BUCKETS: readonly string[] = [
  'alarm',
  'auth',
  'authRoles',
  'authUsers',
  'cluster',
  KEY_BUCKET,
  'lease',
  'members',
  'members_removed',
  META_BUCKET,
];

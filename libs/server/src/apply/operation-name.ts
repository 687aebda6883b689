import type { InternalRaftRequest } from '@etcd-ts/wire-protocol';

const NAMES = [
  ['put', 'Put'],
  ['txn', 'Txn'],
  ['deleteRange', 'DeleteRange'],
  ['range', 'Range'],
  ['compaction', 'Compaction'],
  ['leaseGrant', 'LeaseGrant'],
  ['leaseRevoke', 'LeaseRevoke'],
  ['leaseCheckpoint', 'LeaseCheckpoint'],
  ['alarm', 'Alarm'],
  ['clusterVersionSet', 'ClusterVersionSet'],
  ['clusterMemberAttrSet', 'ClusterMemberAttrSet'],
  ['downgradeInfoSet', 'DowngradeInfoSet'],
] as const;

/** The label of the request in etcd_server_apply_duration_seconds; the frequent ones come first. */
export function operationName(request: InternalRaftRequest): string {
  for (const [field, name] of NAMES) if (request[field] !== undefined) return name;
  return 'unknown';
}

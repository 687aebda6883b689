import type { RaftRequest } from '../raft-request.js';

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
  ['authenticate', 'Authenticate'],
  ['authEnable', 'AuthEnable'],
  ['authDisable', 'AuthDisable'],
  ['authUserAdd', 'AuthUserAdd'],
  ['authUserDelete', 'AuthUserDelete'],
  ['authUserChangePassword', 'AuthUserChangePassword'],
  ['authUserGrantRole', 'AuthUserGrantRole'],
  ['authUserRevokeRole', 'AuthUserRevokeRole'],
  ['authRoleAdd', 'AuthRoleAdd'],
  ['authRoleDelete', 'AuthRoleDelete'],
  ['authRoleGrantPermission', 'AuthRoleGrantPermission'],
  ['authRoleRevokePermission', 'AuthRoleRevokePermission'],
] as const;

/** Their methods are their names in etcd, too; a closed list, as every label's values must be. */
const V2_METHODS = ['PUT', 'POST', 'DELETE', 'SYNC', 'QGET'];

/** The label of the request in etcd_server_apply_duration_seconds; the frequent ones come first. */
export function operationName(request: RaftRequest): string {
  if (request.v2 !== undefined)
    return V2_METHODS.find((name) => name === request.v2?.Method) ?? 'unknown';
  for (const [field, name] of NAMES) if (request[field] !== undefined) return name;
  return 'unknown';
}

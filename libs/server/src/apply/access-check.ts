import type { AuthFailure, AuthInfo, AuthStore } from '@etcd-ts/auth';
import { NOBODY } from '@etcd-ts/auth';
import { LeaseId } from '@etcd-ts/foundation';

import type { RaftRequest } from '../raft-request.js';
import { toDomainDeleteRange, toDomainPut, toDomainTxn } from '../translate/request-translation.js';

const ADMINISTRATION = [
  'authEnable',
  'authDisable',
  'authUserAdd',
  'authUserDelete',
  'authUserChangePassword',
  'authUserGrantRole',
  'authUserRevokeRole',
  'authUserList',
  'authRoleAdd',
  'authRoleDelete',
  'authRoleGrantPermission',
  'authRoleRevokePermission',
  'authRoleList',
] as const satisfies readonly (keyof RaftRequest)[];

/** Who proposed the entry; nobody in entries from before headers, and while auth was disabled. */
export function senderOf({ header }: RaftRequest): AuthInfo {
  if (header === undefined) return NOBODY;
  return { username: header.username, revision: Number(header.authRevision) };
}

/**
 * Whether the sender may do this, asked as the entry is applied: between the proposal and now its
 * permissions may have gone. It looks at replicated state alone, so all members agree.
 */
export function accessFailure(
  { access, requests, enabled }: AuthStore,
  request: RaftRequest,
): AuthFailure | undefined {
  if (!enabled) return undefined;
  const sender = senderOf(request);
  const { put, deleteRange, txn, range, leaseRevoke } = request;
  if (put !== undefined) return requests.put(sender, toDomainPut(put));
  if (txn !== undefined) return requests.txn(sender, toDomainTxn(txn));
  if (deleteRange !== undefined) {
    return requests.deleteRange(sender, toDomainDeleteRange(deleteRange));
  }
  if (range !== undefined) return access.isRangePermitted(sender, range.key, range.rangeEnd);
  if (leaseRevoke !== undefined) return requests.leaseWrite(sender, LeaseId(leaseRevoke.ID));
  if (ADMINISTRATION.some((name) => request[name] !== undefined)) {
    return access.isAdminPermitted(sender);
  }
  const { authUserGet, authRoleGet } = request;
  if (authUserGet !== undefined) return access.isUserGetPermitted(sender, authUserGet.name);
  if (authRoleGet !== undefined) return access.isRoleGetPermitted(sender, authRoleGet.role);
  return undefined;
}

import { toBinaryString } from '@etcd-ts/foundation';
import { END_OF_KEYS, IntervalSet } from './interval-set.js';
import type { Interval } from './interval-set.js';
import { isOpenEnded, PermissionType } from './role.js';
import type { Permission, Role } from './role.js';

/** What all roles of one user add up to: neighbouring permissions are one. */
export interface UserPermissions {
  readonly read: IntervalSet;
  readonly write: IntervalSet;
}

export function unifyPermissions(roles: Iterable<Role>): UserPermissions {
  const read: Interval[] = [];
  const write: Interval[] = [];
  for (const role of roles) {
    for (const permission of role.permissions) {
      // Not grantable, but a store written by an old etcd may hold it. Whatever it meant there, an
      // empty key must not become "from the smallest key on".
      if (permission.key.length === 0) continue;
      const interval = intervalOf(permission.key, permission.rangeEnd);
      if (reads(permission)) read.push(interval);
      if (writes(permission)) write.push(interval);
    }
  }
  return { read: new IntervalSet(read), write: new IntervalSet(write) };
}

/** The keys of an etcd range: `rangeEnd` empty is one key, a single zero byte is no end. */
export function intervalOf(key: Uint8Array, rangeEnd: Uint8Array): Interval {
  const begin = toBinaryString(key);
  if (rangeEnd.length === 0) return { begin, end: `${begin}\0` };
  return { begin, end: isOpenEnded(rangeEnd) ? END_OF_KEYS : toBinaryString(rangeEnd) };
}

function reads({ type }: Permission): boolean {
  return type === PermissionType.READ || type === PermissionType.READWRITE;
}

function writes({ type }: Permission): boolean {
  return type === PermissionType.WRITE || type === PermissionType.READWRITE;
}

import { compareBytes, EMPTY_BYTES, equalBytes } from '@etcd-ts/foundation';

/** authpb.Permission.Type; others can be stored and grant nothing. */
export const PermissionType = Object.freeze({ READ: 0, WRITE: 1, READWRITE: 2 });

/** authpb.Permission. */
export interface Permission {
  /** One of PermissionType, or a number of the future. */
  readonly type: number;
  readonly key: Uint8Array;
  /** Empty: the one key. A single zero byte: every key from `key` on. Otherwise exclusive. */
  readonly rangeEnd: Uint8Array;
}

/** authpb.Role. A value: changes make another one. */
export interface Role {
  readonly name: string;
  /** By key, in byte order. */
  readonly permissions: readonly Permission[];
}

/** What RoleGet answers for the role root, whatever was granted to it. */
export const ROOT_PERMISSION: Permission = Object.freeze({
  type: PermissionType.READWRITE,
  key: EMPTY_BYTES,
  rangeEnd: Uint8Array.of(0),
});

export function isOpenEnded(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0;
}

export function isGrantable({ key, rangeEnd }: Permission): boolean {
  if (key.length === 0) return false;
  if (rangeEnd.length === 0 || isOpenEnded(rangeEnd)) return true;
  return compareBytes(key, rangeEnd) < 0;
}

/** Whether both speak of the same keys; what they permit may differ. */
export function isSameRange(a: Pick<Permission, 'key' | 'rangeEnd'>, b: typeof a): boolean {
  return equalBytes(a.key, b.key) && equalBytes(a.rangeEnd, b.rangeEnd);
}

/**
 * Names sort as their UTF-8 bytes do, in lists and in the store. JavaScript's own order of strings
 * is that of UTF-16, which puts some code points elsewhere.
 */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

import { must } from '@etcd-ts/foundation';
import { decodeRole, decodeUser, encodeRole, encodeUser } from './authpb-codec.js';
import type { Role } from './role.js';
import type { User } from './user.js';

/**
 * The backend's buckets `auth`, `authUsers` and `authRoles`. Each write becomes durable together
 * with the entry being applied.
 */
export interface AuthBuckets {
  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void;
  bucketDelete(bucket: string, key: Uint8Array): void;
  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined;
  /** In byte order of the keys. */
  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]>;
}

const AUTH = 'auth';
const USERS = 'authUsers';
const ROLES = 'authRoles';
const ENABLED_KEY = Buffer.from('authEnabled');
const REVISION_KEY = Buffer.from('authRevision');
const REVISION_BYTES = 8;

/** etcd's layout of the auth buckets, value by value. */
export class AuthRecords {
  readonly #buckets: AuthBuckets;

  constructor(buckets: AuthBuckets) {
    this.#buckets = buckets;
  }

  enabled(): boolean {
    const value = this.#buckets.bucketGet(AUTH, ENABLED_KEY);
    return value?.length === 1 && value[0] === 1;
  }

  saveEnabled(enabled: boolean): void {
    this.#buckets.bucketPut(AUTH, ENABLED_KEY, Uint8Array.of(enabled ? 1 : 0));
  }

  /** 0 in a store that has never had one. */
  revision(): number {
    const value = this.#buckets.bucketGet(AUTH, REVISION_KEY);
    if (value === undefined) return 0;
    const bytes = must(
      value.length === REVISION_BYTES ? Buffer.from(value) : undefined,
      () => `damaged auth revision: ${value.length} bytes`,
    );
    return Number(bytes.readBigUInt64BE());
  }

  saveRevision(revision: number): void {
    const value = Buffer.alloc(REVISION_BYTES);
    value.writeBigUInt64BE(BigInt(revision));
    this.#buckets.bucketPut(AUTH, REVISION_KEY, value);
  }

  *users(): Iterable<User> {
    for (const [, value] of this.#buckets.bucketEntries(USERS)) yield decodeUser(value);
  }

  saveUser(user: User): void {
    this.#buckets.bucketPut(USERS, Buffer.from(user.name), encodeUser(user));
  }

  deleteUser(name: string): void {
    this.#buckets.bucketDelete(USERS, Buffer.from(name));
  }

  *roles(): Iterable<Role> {
    for (const [, value] of this.#buckets.bucketEntries(ROLES)) yield decodeRole(value);
  }

  saveRole(role: Role): void {
    this.#buckets.bucketPut(ROLES, Buffer.from(role.name), encodeRole(role));
  }

  deleteRole(name: string): void {
    this.#buckets.bucketDelete(ROLES, Buffer.from(name));
  }
}

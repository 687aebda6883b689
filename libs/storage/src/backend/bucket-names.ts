import { type BinaryString, toBinaryString } from '@etcd-ts/foundation';

/** Holds the revisions, which here have tables of their own. */
export const KEY_BUCKET = 'key';
export const META_BUCKET = 'meta';

/** Those a database of etcd always has, in byte order. */
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

const metaName = (name: string): BinaryString => toBinaryString(Buffer.from(name));

/** Of the last entry whose effects the state holds: 8 bytes each, big endian. */
export const CONSISTENT_INDEX = metaName('consistent_index');
export const TERM = metaName('term');

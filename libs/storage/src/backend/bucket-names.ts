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

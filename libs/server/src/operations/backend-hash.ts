import { crc32c, Revision } from '@etcd-ts/foundation';
import type { Backend } from '@etcd-ts/storage';

/** etcd's buckets in byte order; `key` holds the revisions. */
const BUCKETS = [
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
  'v2_history',
  'v2_nodes',
  'v2_state',
];
/** Differ between members without the data differing. */
const IGNORED_META = new Set(['consistent_index', 'term', 'storageVersion']);
const ROWS_PER_SLICE = 1000;

/**
 * Maintenance.Hash: CRC-32C over the name of each bucket and each key and value in it, revisions up
 * to `upTo` (a scan that followed the writers might never end). Comparable only between members of
 * one kind and without writes in between; HashKV is what compares data.
 */
export function* backendHash(backend: Backend, upTo: Revision): Generator<undefined, number> {
  let hash = 0;
  for (const bucket of BUCKETS) {
    hash = crc32c(Buffer.from(bucket), hash);
    if (bucket === 'key') hash = yield* revisionsHash(backend, upTo, hash);
    else hash = bucketHash(backend, bucket, hash);
    yield;
  }
  return hash;
}

function bucketHash(backend: Backend, bucket: string, seed: number): number {
  let hash = seed;
  for (const [key, value] of backend.bucketEntries(bucket)) {
    if (bucket === 'meta' && IGNORED_META.has(Buffer.from(key).toString())) continue;
    hash = crc32c(value, crc32c(key, hash));
  }
  return hash;
}

function* revisionsHash(
  backend: Backend,
  upTo: Revision,
  seed: number,
): Generator<undefined, number> {
  let hash = seed;
  let main = Revision(0);
  let sub = 0;
  for (;;) {
    const rows = backend.scanRevisions(main, sub, ROWS_PER_SLICE);
    for (const row of rows) {
      if (row.main > upTo) return hash;
      hash = crc32c(row.value, crc32c(revisionKey(row.main, row.sub, row.tombstone), hash));
      main = row.main;
      sub = row.sub + 1;
    }
    if (rows.length < ROWS_PER_SLICE) return hash;
    yield;
  }
}

/** etcd's key of a revision: 8 bytes main, `_`, 8 bytes sub, and `t` for a tombstone. */
function revisionKey(main: number, sub: number, tombstone: boolean): Uint8Array {
  const key = Buffer.alloc(tombstone ? 18 : 17);
  key.writeBigUInt64BE(BigInt(main), 0);
  key.write('_', 8);
  key.writeBigUInt64BE(BigInt(sub), 9);
  if (tombstone) key.write('t', 17);
  return key;
}

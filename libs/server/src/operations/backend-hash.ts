import {
  crc32c,
  encodeRevisionKey,
  ETCD_BUCKETS,
  KEY_BUCKET,
  META_BUCKET,
  Revision,
} from '@etcd-ts/foundation';
import type { Backend } from '@etcd-ts/storage';

/** In byte order. */
const BUCKETS = [...ETCD_BUCKETS, 'v2_history', 'v2_nodes', 'v2_state'];
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
    if (bucket === KEY_BUCKET) hash = yield* revisionsHash(backend, upTo, hash);
    else hash = bucketHash(backend, bucket, hash);
    yield;
  }
  return hash;
}

function bucketHash(backend: Backend, bucket: string, seed: number): number {
  let hash = seed;
  for (const [key, value] of backend.bucketEntries(bucket)) {
    if (bucket === META_BUCKET && IGNORED_META.has(Buffer.from(key).toString())) continue;
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
      hash = crc32c(row.value, crc32c(encodeRevisionKey(row), hash));
      main = row.main;
      sub = row.sub + 1;
    }
    if (rows.length < ROWS_PER_SLICE) return hash;
    yield;
  }
}

import {
  asBuffer,
  type BinaryString,
  crc32c,
  decodeRevisionKey,
  fromBinaryString,
  toBinaryString,
} from '@etcd-ts/foundation';
import { BoltError } from '../bolt-error.js';
import type { BoltReader } from '../reader/bolt-reader.js';

/** Entries between two yields: about a millisecond. */
const SLICE_ENTRIES = 2048;
/** Field 1 of mvccpb.KeyValue, length-delimited. Every etcd writes it first. */
const KEY_TAG = 0x0a;

/** What `etcdctl snapshot status` tells about a file. */
export interface SnapshotSummary {
  /** CRC-32C over name, keys and values of all buckets. Not what Maintenance.Hash answers. */
  readonly hash: number;
  /** The newest main revision that has a row; 0 when there is none. */
  readonly revision: number;
  /** Keys that are alive at that revision: "total keys" since 3.6. */
  readonly liveKeys: number;
  /** Entries of all buckets: "total keys" up to 3.5. */
  readonly entries: number;
  readonly sizeBytes: number;
  /** Empty before 3.6. */
  readonly storageVersion: string;
}

/**
 * Reads the whole file, which should have been verified, and holds every live key in memory. Throws
 * BoltError, also when a row of `key` is none.
 */
export function* summarizeSnapshot(reader: BoltReader): Generator<undefined, SnapshotSummary> {
  const liveKeys = new Set<BinaryString>();
  let hash = 0;
  let revision = 0;
  let entries = 0;
  for (const bucket of reader.bucketNames()) {
    hash = crc32c(fromBinaryString(bucket), hash);
    for (const [key, value] of reader.entries(bucket)) {
      hash = crc32c(value, crc32c(key, hash));
      if (bucket === 'key') revision = countRow(key, value, liveKeys);
      if (++entries % SLICE_ENTRIES === 0) yield;
    }
  }
  return {
    hash,
    revision,
    liveKeys: liveKeys.size,
    entries,
    sizeBytes: reader.databaseBytes,
    storageVersion: reader.get('meta', Buffer.from('storageVersion'))?.toString() ?? '',
  };
}

/** The row's main revision. */
function countRow(key: Buffer, value: Buffer, liveKeys: Set<BinaryString>): number {
  const row = decodeRevisionKey(key);
  if (row === undefined) {
    throw new BoltError('damaged', `no revision: ${key.toString('hex').slice(0, 40)}`);
  }
  const name = nameIn(value);
  if (name === undefined) {
    throw new BoltError('damaged', `the row of revision ${row.main}.${row.sub} has no key`);
  }
  if (row.tombstone) liveKeys.delete(toBinaryString(name));
  else liveKeys.add(toBinaryString(name));
  return row.main;
}

/** The key in an encoded mvccpb.KeyValue. */
function nameIn(value: Uint8Array): Buffer | undefined {
  // The row by which `restore --bump-revision` of the original raises the revision.
  if (value.length === 0) return asBuffer(value);
  if (value[0] !== KEY_TAG) return undefined;
  let length = 0;
  let at = 1;
  for (let factor = 1; ; factor *= 128) {
    const byte = value[at++];
    if (byte === undefined || factor > 2 ** 28) return undefined;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
  }
  if (at + length > value.length) return undefined;
  return asBuffer(value).subarray(at, at + length);
}

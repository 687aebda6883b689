import {
  asBuffer,
  type BinaryString,
  META_BUCKET,
  RaftIndex,
  Term,
  toBinaryString,
} from '@etcd-ts/foundation';
import type { SnapshotPosition } from '../log-record.js';
import type { PendingChanges } from './pending-changes.js';
import type { CommittedState } from './state-database.js';

const metaName = (name: string): BinaryString => toBinaryString(Buffer.from(name));

/** Of the last entry whose effects the state holds: 8 bytes each, big endian, as etcd. */
const CONSISTENT_INDEX = metaName('consistent_index');
const TERM = metaName('term');

/** {0, 0} before the first entry; no term in files of etcd 3.4. */
export function storedPosition({ buckets }: CommittedState): SnapshotPosition {
  const counter = (name: BinaryString): number => {
    const bytes = buckets.get(META_BUCKET, name);
    return bytes === undefined ? 0 : Number(asBuffer(bytes).readBigUInt64BE());
  };
  return { index: RaftIndex(counter(CONSISTENT_INDEX)), term: Term(counter(TERM)) };
}

export function storePosition(changes: PendingChanges, { index, term }: SnapshotPosition): void {
  changes.setBucket(META_BUCKET, CONSISTENT_INDEX, uint64(index));
  changes.setBucket(META_BUCKET, TERM, uint64(term));
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

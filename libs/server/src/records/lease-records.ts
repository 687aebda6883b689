import { LeaseId } from '@etcd-ts/foundation';
import type { LeaseRecord, LeaseRecords } from '@etcd-ts/lease';
import { Lease } from '@etcd-ts/wire-protocol';

import type { BucketStore } from './bucket-store.js';

const BUCKET = 'lease';

/** etcd's `lease` bucket: big-endian id -> leasepb.Lease. */
export class BackendLeaseRecords implements LeaseRecords {
  readonly #buckets: BucketStore;

  constructor(buckets: BucketStore) {
    this.#buckets = buckets;
  }

  save(id: LeaseId, ttlSeconds: number, remainingSeconds: number): void {
    const value = Lease.encode({
      ID: id,
      TTL: BigInt(ttlSeconds),
      RemainingTTL: BigInt(remainingSeconds),
    }).finish();
    this.#buckets.bucketPut(BUCKET, keyOf(id), value);
  }

  remove(id: LeaseId): void {
    this.#buckets.bucketDelete(BUCKET, keyOf(id));
  }

  *all(): Iterable<LeaseRecord> {
    for (const [, value] of this.#buckets.bucketEntries(BUCKET)) {
      const lease = Lease.decode(value);
      yield {
        id: LeaseId(lease.ID),
        ttlSeconds: Number(lease.TTL),
        remainingSeconds: Number(lease.RemainingTTL),
      };
    }
  }
}

function keyOf(id: LeaseId): Uint8Array {
  const key = Buffer.alloc(8);
  key.writeBigInt64BE(id);
  return key;
}

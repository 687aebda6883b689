import type { AuthBuckets } from '@etcd-ts/auth';
import { fromBinaryString, toBinaryString } from '@etcd-ts/foundation';

/** The backend's buckets, in memory. */
export class MemoryBuckets implements AuthBuckets {
  readonly #buckets = new Map<string, Map<string, Uint8Array>>();

  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void {
    const values = this.#buckets.get(bucket) ?? new Map<string, Uint8Array>();
    this.#buckets.set(bucket, values.set(toBinaryString(key), value));
  }

  bucketDelete(bucket: string, key: Uint8Array): void {
    this.#buckets.get(bucket)?.delete(toBinaryString(key));
  }

  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined {
    return this.#buckets.get(bucket)?.get(toBinaryString(key));
  }

  *bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]> {
    const entries = [...(this.#buckets.get(bucket) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, value] of entries) yield [fromBinaryString(key), value];
  }
}

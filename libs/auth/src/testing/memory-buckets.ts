import { fromBinaryString, toBinaryString } from '@etcd-ts/foundation';
import type { AuthBuckets } from '../auth-records.js';

/** Buckets in memory; values are copied in, so that nobody's later writes show through. */
export class MemoryBuckets implements AuthBuckets {
  readonly #buckets = new Map<string, Map<string, Uint8Array>>();

  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void {
    this.#bucket(bucket).set(toBinaryString(key), Uint8Array.from(value));
  }

  bucketDelete(bucket: string, key: Uint8Array): void {
    this.#bucket(bucket).delete(toBinaryString(key));
  }

  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined {
    return this.#bucket(bucket).get(toBinaryString(key));
  }

  *bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]> {
    const entries = [...this.#bucket(bucket)].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, value] of entries) yield [fromBinaryString(key), value];
  }

  #bucket(name: string): Map<string, Uint8Array> {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const created = new Map<string, Uint8Array>();
    this.#buckets.set(name, created);
    return created;
  }
}

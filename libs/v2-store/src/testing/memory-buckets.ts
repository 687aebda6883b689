import { compareBytes } from '@etcd-ts/foundation';
import type { V2Buckets } from '../bucket-records.js';

/** Buckets that live as long as the test. */
export class MemoryBuckets implements V2Buckets {
  readonly #rows = new Map<string, { key: Uint8Array; value: Uint8Array }>();

  get size(): number {
    return this.#rows.size;
  }

  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void {
    this.#rows.set(rowName(bucket, key), { key, value });
  }

  bucketDelete(bucket: string, key: Uint8Array): void {
    this.#rows.delete(rowName(bucket, key));
  }

  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(rowName(bucket, key))?.value;
  }

  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]> {
    return [...this.#rows.entries()]
      .filter(([name]) => name.startsWith(`${bucket}:`))
      .map(([, { key, value }]) => [key, value] as const)
      .sort(([a], [b]) => compareBytes(a, b));
  }
}

function rowName(bucket: string, key: Uint8Array): string {
  return `${bucket}:${Buffer.from(key).toString('hex')}`;
}

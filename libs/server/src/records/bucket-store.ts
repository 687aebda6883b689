/** The backend's named key-value buckets: mutations are seen at once and durable together. */
export interface BucketStore {
  bucketPut(bucket: string, key: Uint8Array, value: Uint8Array): void;
  bucketDelete(bucket: string, key: Uint8Array): void;
  bucketGet(bucket: string, key: Uint8Array): Uint8Array | undefined;
  /** In byte order of the keys. */
  bucketEntries(bucket: string): Iterable<readonly [Uint8Array, Uint8Array]>;
}

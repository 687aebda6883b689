import type { LeaseId, Revision } from '@etcd-ts/foundation';

/** mvccpb.KeyValue. `key` and `value` may be views of a stored row: never write to them. */
export interface KeyValue {
  readonly key: Uint8Array;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** 1 for the put that created the key, +1 for each further one; 0 in a tombstone. */
  readonly version: number;
  readonly value: Uint8Array;
  readonly lease: LeaseId;
}

import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import { RangeRequest_SortOrder, RangeRequest_SortTarget } from '@etcd-ts/wire-protocol';
import type { Bytes, Keys } from './key-range.js';
import { toBuffer, toKeyRange } from './key-range.js';
import type { KeySpace } from './key-space.js';

/** Revisions, leases, limits: numbers as far as they are exact. */
export type Integer = number | bigint;

export type SortTarget = keyof typeof RangeRequest_SortTarget;

export interface RangeOptions {
  /** Default: no limit. */
  readonly limit?: Integer;
  /** Default: the current one. */
  readonly revision?: Integer;
  readonly sortBy?: SortTarget;
  readonly descending?: boolean;
  /** This member's own, possibly old state: faster, and answered without a quorum. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: Integer;
  readonly maxModRevision?: Integer;
  readonly minCreateRevision?: Integer;
  readonly maxCreateRevision?: Integer;
}

export interface PutOptions {
  /** Default: none; a put without one detaches the key from the lease it has. */
  readonly lease?: Integer;
  /** Answer with what was there before. */
  readonly prevKv?: boolean;
  /** Keep the value, or the lease, that the key has. */
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface DeleteOptions {
  /** Answer with what was deleted. */
  readonly prevKv?: boolean;
}

/** One operation of a transaction. Built with `get`, `put`, `del` and `nested` of this library. */
export type Operation =
  | { readonly kind: 'range'; readonly keys: Keys; readonly options: RangeOptions }
  | {
      readonly kind: 'put';
      readonly key: Bytes;
      readonly value: Bytes;
      readonly options: PutOptions;
    }
  | { readonly kind: 'delete'; readonly keys: Keys; readonly options: DeleteOptions }
  | { readonly kind: 'txn'; readonly request: (space: KeySpace) => TxnRequest };

export function rangeRequest(
  space: KeySpace,
  keys: Keys,
  options: RangeOptions = {},
): RangeRequest {
  const isSorted = options.sortBy !== undefined || options.descending !== undefined;
  const order = options.descending === true ? 'DESCEND' : 'ASCEND';
  return {
    ...space.outward(toKeyRange(keys)),
    limit: BigInt(options.limit ?? 0),
    revision: BigInt(options.revision ?? 0),
    sortOrder: RangeRequest_SortOrder[isSorted ? order : 'NONE'],
    sortTarget: RangeRequest_SortTarget[options.sortBy ?? 'KEY'],
    serializable: options.serializable ?? false,
    keysOnly: options.keysOnly ?? false,
    countOnly: options.countOnly ?? false,
    minModRevision: BigInt(options.minModRevision ?? 0),
    maxModRevision: BigInt(options.maxModRevision ?? 0),
    minCreateRevision: BigInt(options.minCreateRevision ?? 0),
    maxCreateRevision: BigInt(options.maxCreateRevision ?? 0),
  };
}

export function putRequest(
  space: KeySpace,
  key: Bytes,
  value: Bytes,
  options: PutOptions = {},
): PutRequest {
  return {
    key: space.outward(toKeyRange(key)).key,
    value: toBuffer(value),
    lease: BigInt(options.lease ?? 0),
    prevKv: options.prevKv ?? false,
    ignoreValue: options.ignoreValue ?? false,
    ignoreLease: options.ignoreLease ?? false,
  };
}

export function deleteRequest(
  space: KeySpace,
  keys: Keys,
  options: DeleteOptions = {},
): DeleteRangeRequest {
  return { ...space.outward(toKeyRange(keys)), prevKv: options.prevKv ?? false };
}

export function requestOp(space: KeySpace, operation: Operation): RequestOp {
  switch (operation.kind) {
    case 'range': {
      const value = rangeRequest(space, operation.keys, operation.options);
      return { request: { $case: 'requestRange', value } };
    }
    case 'put': {
      const value = putRequest(space, operation.key, operation.value, operation.options);
      return { request: { $case: 'requestPut', value } };
    }
    case 'delete': {
      const value = deleteRequest(space, operation.keys, operation.options);
      return { request: { $case: 'requestDeleteRange', value } };
    }
    case 'txn':
      return { request: { $case: 'requestTxn', value: operation.request(space) } };
  }
}

import type { LeaseId, Revision } from '@etcd-ts/foundation';
import type { KeyValue } from './key-value.js';
import type { RangeRequest, RangeResult } from './range-request.js';

export interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: LeaseId;
  readonly prevKv: boolean;
  /** Keep the value the key has; the key must exist. */
  readonly ignoreValue: boolean;
  /** Keep the lease the key has; the key must exist. */
  readonly ignoreLease: boolean;
}

export interface DeleteRangeRequest {
  readonly key: Uint8Array;
  /** As in RangeRequest. */
  readonly rangeEnd: Uint8Array;
  readonly prevKv: boolean;
}

export type CompareResult = 'equal' | 'greater' | 'less' | 'notEqual' | 'unknown';

export type CompareTarget =
  | { readonly kind: 'version' | 'create' | 'mod'; readonly value: number }
  | { readonly kind: 'value'; readonly value: Uint8Array }
  | { readonly kind: 'lease'; readonly value: LeaseId };

export interface Compare {
  readonly key: Uint8Array;
  /** As in RangeRequest; the comparison must hold for every key of the range. */
  readonly rangeEnd: Uint8Array;
  /** `unknown` (an enum value etcd does not know either) holds always. */
  readonly result: CompareResult;
  readonly target: CompareTarget;
}

export interface TxnRequest {
  readonly compares: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure: readonly Operation[];
}

export type Operation =
  | { readonly kind: 'range'; readonly request: RangeRequest }
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly request: TxnRequest };

/** Why a write had no effect at all. */
export type WriteFailure = 'leaseNotFound' | 'keyNotFound' | 'compacted' | 'futureRevision';

export interface Failed {
  readonly kind: 'failed';
  readonly failure: WriteFailure;
}

/** `revision` here and below is the one for the response's header. */
export interface PutResult {
  readonly kind: 'put';
  /** Only if asked for, and the key existed. */
  readonly prevKv: KeyValue | undefined;
  readonly revision: Revision;
}

export interface DeleteRangeResult {
  readonly kind: 'deleteRange';
  readonly deleted: number;
  /** Empty unless asked for. */
  readonly prevKvs: readonly KeyValue[];
  readonly revision: Revision;
}

/** A nested transaction's header has no revision, so there is none here. */
export interface NestedTxnResult {
  readonly kind: 'txn';
  readonly succeeded: boolean;
  readonly results: readonly OperationResult[];
}

export type OperationResult =
  | { readonly kind: 'range'; readonly result: RangeResult }
  | PutResult
  | DeleteRangeResult
  | NestedTxnResult;

export type PutOutcome =
  | { readonly kind: 'ok'; readonly prevKv: KeyValue | undefined; readonly revision: Revision }
  | Failed;

export interface DeleteRangeOutcome {
  readonly kind: 'ok';
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
  readonly revision: Revision;
}

export type TxnOutcome =
  | {
      readonly kind: 'ok';
      readonly succeeded: boolean;
      readonly results: readonly OperationResult[];
      readonly revision: Revision;
    }
  | Failed;

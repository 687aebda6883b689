/**
 * What clients ask and are told, as far as the checkers judge it. Keys and values are strings whose
 * order is byte order (foundation's BinaryString; plain ASCII is one), so that a history is readable
 * and can be saved as JSON.
 */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  /** 0n: none. */
  readonly lease: bigint;
}

/** As etcd: no `rangeEnd` is one key, `'\0'` means "from the key to the end". */
export interface KeyRange {
  readonly key: string;
  readonly rangeEnd?: string;
}

export interface Range extends KeyRange {
  readonly kind: 'range';
  /** Absent: the current one. */
  readonly revision?: number;
  readonly limit?: number;
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
}

/** Whether it must see all that was acknowledged before. */
export function isOfTheNewest({ serializable, revision }: Range): boolean {
  return serializable !== true && revision === undefined;
}

export interface Put {
  readonly kind: 'put';
  readonly key: string;
  readonly value: string;
  readonly lease?: bigint;
  readonly prevKv?: boolean;
  /** The value (the lease) stays what it is; the key must exist. */
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}

export interface DeleteRange extends KeyRange {
  readonly kind: 'deleteRange';
  readonly prevKv?: boolean;
}

export interface Compare extends KeyRange {
  readonly result: 'equal' | 'greater' | 'less' | 'notEqual';
  readonly target:
    | { readonly kind: 'version' | 'create' | 'mod'; readonly value: number }
    | { readonly kind: 'value'; readonly value: string }
    | { readonly kind: 'lease'; readonly value: bigint };
}

export interface Txn {
  readonly kind: 'txn';
  readonly compares: readonly Compare[];
  readonly success: readonly KvOperation[];
  readonly failure: readonly KvOperation[];
}

/** What reads or writes keys: its place in the order of all revisions is known from its answer. */
export type KvOperation = Range | Put | DeleteRange | Txn;

export type Operation =
  | KvOperation
  | { readonly kind: 'compact'; readonly revision: number }
  | { readonly kind: 'leaseGrant'; readonly lease: bigint; readonly ttlSeconds: number }
  | { readonly kind: 'leaseRevoke'; readonly lease: bigint }
  | { readonly kind: 'leaseKeepAlive'; readonly lease: bigint };

export type KvResult =
  | {
      readonly kind: 'range';
      /** In the order of keys. Empty if only the count was asked for. */
      readonly kvs: readonly KeyValue[];
      readonly count: number;
      readonly more: boolean;
      /** Known of an expected result: an answer without values need not have leases either. */
      readonly keysOnly?: boolean;
    }
  | { readonly kind: 'put'; readonly prevKv?: KeyValue }
  | {
      readonly kind: 'deleteRange';
      readonly deleted: number;
      readonly prevKvs?: readonly KeyValue[];
    }
  | { readonly kind: 'txn'; readonly succeeded: boolean; readonly results: readonly KvResult[] };

export type OperationResult =
  | KvResult
  | { readonly kind: 'compact' }
  /** The TTL the server gave, which counts. */
  | { readonly kind: 'leaseGrant'; readonly ttlSeconds: number }
  | { readonly kind: 'leaseRevoke' }
  | { readonly kind: 'leaseKeepAlive'; readonly ttlSeconds: number };

/**
 * Why an operation had no effect. All but `notServed` are answers of the key-value store or the
 * lessor, and as such judged; `notServed` is for whatever else is known to change nothing (refused
 * before it was proposed: no leader known, too many requests, permission, malformed).
 */
export type Failure =
  'compacted' | 'futureRevision' | 'keyNotFound' | 'leaseNotFound' | 'leaseExists' | 'notServed';

export function isKvOperation(operation: Operation): operation is KvOperation {
  switch (operation.kind) {
    case 'range':
    case 'put':
    case 'deleteRange':
    case 'txn':
      return true;
    default:
      return false;
  }
}

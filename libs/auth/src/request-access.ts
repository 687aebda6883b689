import { EMPTY_BYTES, fromBinaryString, NO_LEASE } from '@etcd-ts/foundation';
import type { BinaryString, LeaseId } from '@etcd-ts/foundation';
import type { AccessControl } from './access-control.js';
import type { AuthFailure } from './auth-failure.js';
import type { AuthInfo } from './user.js';

/** What of a request matters for access; the requests of mvcc have these shapes. */
export interface RangeAccess {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

export interface PutAccess {
  readonly key: Uint8Array;
  readonly lease: LeaseId;
  readonly prevKv: boolean;
}

export interface DeleteRangeAccess extends RangeAccess {
  readonly prevKv: boolean;
}

export interface TxnAccess {
  readonly compares: readonly RangeAccess[];
  readonly success: readonly OperationAccess[];
  readonly failure: readonly OperationAccess[];
}

export type OperationAccess =
  | { readonly kind: 'range'; readonly request: RangeAccess }
  | { readonly kind: 'put'; readonly request: PutAccess }
  | { readonly kind: 'deleteRange'; readonly request: DeleteRangeAccess }
  | { readonly kind: 'txn'; readonly request: TxnAccess };

/** The keys attached to a lease; none for a lease that does not exist. */
export type KeysOfLease = (lease: LeaseId) => Iterable<BinaryString>;

/**
 * Whole requests, piece by piece. Each piece that could tell the client something, or change
 * something, is asked for: a request is permitted if it would be whatever branch it takes.
 * `undefined` is yes.
 */
export class RequestAccess {
  readonly #access: AccessControl;
  readonly #keysOfLease: KeysOfLease;

  constructor(access: AccessControl, keysOfLease: KeysOfLease) {
    this.#access = access;
    this.#keysOfLease = keysOfLease;
  }

  put(info: AuthInfo, request: PutAccess): AuthFailure | undefined {
    return this.#put(info, request, new Set());
  }

  deleteRange(info: AuthInfo, request: DeleteRangeAccess): AuthFailure | undefined {
    const { key, rangeEnd, prevKv } = request;
    return (
      this.#access.isDeleteRangePermitted(info, key, rangeEnd) ??
      (prevKv ? this.#access.isRangePermitted(info, key, rangeEnd) : undefined)
    );
  }

  txn(info: AuthInfo, request: TxnAccess): AuthFailure | undefined {
    return this.#txn(info, request, new Set());
  }

  /** To revoke or renew a lease is to decide over the keys attached to it. */
  leaseWrite(info: AuthInfo, lease: LeaseId): AuthFailure | undefined {
    if (this.#access.isAdminPermitted(info) === undefined) return undefined;
    for (const key of this.#keysOfLease(lease)) {
      const failure = this.#access.isPutPermitted(info, fromBinaryString(key));
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** To be told the keys of these leases (or that these leases exist at all). */
  leaseRead(info: AuthInfo, leases: Iterable<LeaseId>): AuthFailure | undefined {
    if (this.#access.isAdminPermitted(info) === undefined) return undefined;
    for (const lease of leases) {
      for (const key of this.#keysOfLease(lease)) {
        const failure = this.#access.isRangePermitted(info, fromBinaryString(key), EMPTY_BYTES);
        if (failure !== undefined) return failure;
      }
    }
    return undefined;
  }

  /**
   * Putting a key on a lease gives the key to whoever may write all keys of that lease, and lets
   * the writer die with them: it must be somebody who may write them already.
   *
   * `seen` are the leases found writable in this request: a transaction that puts a hundred keys on
   * a lease of a hundred thousand would otherwise ask ten million questions on the event loop.
   */
  #put(info: AuthInfo, request: PutAccess, seen: Set<LeaseId>): AuthFailure | undefined {
    const { key, lease, prevKv } = request;
    const failure = this.#access.isPutPermitted(info, key);
    if (failure !== undefined) return failure;
    if (lease !== NO_LEASE && !seen.has(lease)) {
      const leaseFailure = this.leaseWrite(info, lease);
      if (leaseFailure !== undefined) return leaseFailure;
      seen.add(lease);
    }
    return prevKv ? this.#access.isRangePermitted(info, key, EMPTY_BYTES) : undefined;
  }

  /** Compares read, and both branches count at every depth. */
  #txn(info: AuthInfo, request: TxnAccess, seen: Set<LeaseId>): AuthFailure | undefined {
    for (const { key, rangeEnd } of request.compares) {
      const failure = this.#access.isRangePermitted(info, key, rangeEnd);
      if (failure !== undefined) return failure;
    }
    for (const operation of [...request.success, ...request.failure]) {
      const failure = this.#operation(info, operation, seen);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #operation(
    info: AuthInfo,
    operation: OperationAccess,
    seen: Set<LeaseId>,
  ): AuthFailure | undefined {
    switch (operation.kind) {
      case 'range':
        return this.#access.isRangePermitted(
          info,
          operation.request.key,
          operation.request.rangeEnd,
        );
      case 'put':
        return this.#put(info, operation.request, seen);
      case 'deleteRange':
        return this.deleteRange(info, operation.request);
      case 'txn':
        return this.#txn(info, operation.request, seen);
    }
  }
}

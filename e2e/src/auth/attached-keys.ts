import { LeaseId, toBinaryString } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import type { RequestOp } from '@etcd-ts/wire-protocol';

import type { Question } from './question.js';

/**
 * Which key is attached to which lease, as far as the original has executed what it was asked:
 * permissions over leases depend on it.
 */
export class AttachedKeys {
  readonly #leaseOfKey = new Map<BinaryString, LeaseId>();
  readonly #leases = new Set<LeaseId>();

  leases(): readonly LeaseId[] {
    return [...this.#leases];
  }

  keysOf(lease: LeaseId): readonly BinaryString[] {
    return [...this.#leaseOfKey].filter(([, id]) => id === lease).map(([key]) => key);
  }

  /** The original has answered this question with OK. */
  executed(question: Question): void {
    const { call, request } = question;
    switch (call) {
      case 'put':
        this.#put(request.key, request.lease);
        return;
      case 'deleteRange':
        this.#delete(request.key, request.rangeEnd);
        return;
      case 'txn':
        this.#operations(request.success);
        return;
      case 'leaseGrant':
        this.#leases.add(LeaseId(request.ID));
        return;
      case 'leaseRevoke':
        for (const key of this.keysOf(LeaseId(request.ID))) this.#leaseOfKey.delete(key);
        this.#leases.delete(LeaseId(request.ID));
        return;
      default:
    }
  }

  /** All compares of a question hold, so it is the first branch that was executed. */
  #operations(operations: readonly RequestOp[]): void {
    for (const { request } of operations) {
      if (request?.$case === 'requestPut') this.#put(request.value.key, request.value.lease);
      else if (request?.$case === 'requestTxn') this.#operations(request.value.success);
      else if (request?.$case === 'requestDeleteRange') {
        this.#delete(request.value.key, request.value.rangeEnd);
      }
    }
  }

  #put(key: Uint8Array, lease: bigint): void {
    if (lease === 0n) this.#leaseOfKey.delete(toBinaryString(key));
    else this.#leaseOfKey.set(toBinaryString(key), LeaseId(lease));
  }

  #delete(key: Uint8Array, rangeEnd: Uint8Array): void {
    const begin = toBinaryString(key);
    const end = toBinaryString(rangeEnd);
    for (const attached of this.#leaseOfKey.keys()) {
      const hit =
        end === '' ? attached === begin : attached >= begin && (end === '\0' || attached < end);
      if (hit) this.#leaseOfKey.delete(attached);
    }
  }
}

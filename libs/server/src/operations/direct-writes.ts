import type { AuthStore } from '@etcd-ts/auth';
import type { LeaseId } from '@etcd-ts/foundation';
import { LeaseGrantRequest } from '@etcd-ts/wire-protocol';
import type { TxnRequest } from '@etcd-ts/wire-protocol';

import { LEASE_COST_BYTES, putCostOf, txnCost } from '../apply/cost.js';
import type { DirectWriteOperations } from '../etcd-server.js';
import { encodeDirectWrite, joinId, PlainPutReader } from '../plain-put.js';
import type { DirectPut, DirectRequest, DirectWrite } from '../proposal.js';
import type { Proposals } from '../proposals.js';
import type { Quota } from '../quota.js';
import { raftRequest } from '../raft-request.js';
import type { RequestIds } from '../request-ids.js';
import { isReadOnly } from './key-values.js';
import { withLeaseId } from './leases.js';

export interface DirectWritesParts {
  readonly auth: AuthStore;
  readonly proposals: Proposals;
  readonly requestIds: RequestIds;
  readonly nextLeaseId: () => LeaseId;
  readonly quota: Quota;
  /** --max-request-bytes, of the encoded log entry. */
  readonly maxRequestBytes: number;
  readonly wake: () => void;
  readonly stopped: () => boolean;
}

/**
 * Writes from the bytes of the client to those of the log in one copy and without promises. Objects
 * that wait for the disk are moved by the garbage collector while they wait, and that was more than
 * a third of what a put took.
 */
export class DirectWrites implements DirectWriteOperations {
  readonly #parts: DirectWritesParts;
  readonly #reader = new PlainPutReader();

  constructor(parts: DirectWritesParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return !this.#parts.auth.enabled && !this.#parts.stopped();
  }

  proposePut(request: Uint8Array, put: DirectPut): boolean {
    if (!this.isOpen) return false;
    if (!this.#reader.readRequest(request)) return false;
    const { keyStart, keyEnd, valueStart, valueEnd } = this.#reader;
    if (!this.#parts.quota.allows(putCostOf(keyEnd - keyStart, valueEnd - valueStart)))
      return false;
    return this.#propose('put', request, put);
  }

  proposeTxn(request: TxnRequest, marshalled: Uint8Array, txn: DirectRequest<'txn'>): boolean {
    if (!this.isOpen || isReadOnly(request)) return false;
    if (!this.#parts.quota.allows(txnCost(request))) return false;
    if (!this.#propose('txn', marshalled, txn)) return false;
    txn.request = raftRequest(joinId(txn), { txn: request });
    return true;
  }

  proposeGrant(request: LeaseGrantRequest, grant: DirectRequest<'leaseGrant'>): boolean {
    if (!this.isOpen || !this.#parts.quota.allows(LEASE_COST_BYTES)) return false;
    const leaseGrant = withLeaseId(request, this.#parts.nextLeaseId);
    const marshalled = LeaseGrantRequest.encode(leaseGrant).finish();
    if (!this.#propose('leaseGrant', marshalled, grant)) return false;
    grant.request = raftRequest(joinId(grant), { leaseGrant });
    return true;
  }

  #propose(kind: 'put' | 'txn' | 'leaseGrant', request: Uint8Array, write: DirectWrite): boolean {
    const { proposals, requestIds, maxRequestBytes } = this.#parts;
    requestIds.advance();
    const data = encodeDirectWrite(kind, requestIds, request);
    if (data.length > maxRequestBytes || !proposals.hasRoom(data.length)) return false;
    write.requestBytes = request.length;
    proposals.addDirect(write, requestIds, data);
    this.#parts.wake();
    return true;
  }
}

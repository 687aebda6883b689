import type { PutRequest, RequestOp, TxnRequest, V2RaftRequest } from '@etcd-ts/wire-protocol';

import type { RaftRequest } from '../raft-request.js';

/** What a key-value row takes beyond key and value, and what a lease takes: etcd's estimates. */
const KEY_VALUE_OVERHEAD_BYTES = 256;
const LEASE_BYTES = 64;

/** Bytes the request may add to the backend; 0 for what can only shrink it. */
export function spaceCost(request: RaftRequest): number {
  if (request.put !== undefined) return putCost(request.put);
  if (request.txn !== undefined) return txnCost(request.txn);
  if (request.leaseGrant !== undefined) return LEASE_BYTES;
  if (request.v2 !== undefined) return v2Cost(request.v2);
  return 0;
}

export function putCost(request: PutRequest): number {
  return putCostOf(request.key.length, request.value.length);
}

export function putCostOf(keyBytes: number, valueBytes: number): number {
  return KEY_VALUE_OVERHEAD_BYTES + keyBytes + valueBytes;
}

/** A change takes a row in the tree and one in the history; what can only take away is never refused. */
export function v2Cost({ Method, Path = '', Val = '' }: V2RaftRequest): number {
  if (Method !== 'PUT' && Method !== 'POST') return 0;
  const rowBytes = Buffer.byteLength(Path) + Buffer.byteLength(Val);
  return KEY_VALUE_OVERHEAD_BYTES + 2 * rowBytes;
}

/** The dearer branch counts, transactions nested in it included. */
export function txnCost(request: TxnRequest): number {
  return Math.max(branchCost(request.success), branchCost(request.failure));
}

function branchCost(operations: readonly RequestOp[]): number {
  let cost = 0;
  for (const { request } of operations) {
    if (request?.$case === 'requestPut') cost += putCost(request.value);
    else if (request?.$case === 'requestTxn') cost += txnCost(request.value);
  }
  return cost;
}

export const LEASE_COST_BYTES = LEASE_BYTES;

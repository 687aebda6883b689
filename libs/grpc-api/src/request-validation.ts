import { ERRORS, RangeRequest_SortOrder, RangeRequest_SortTarget } from '@etcd-ts/wire-protocol';
import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

import { checkDuplicateWrites } from './duplicate-writes.js';

const SORT_ORDERS = new Set<number>(Object.values(RangeRequest_SortOrder));
const SORT_TARGETS = new Set<number>(Object.values(RangeRequest_SortTarget));

/*
 * What can be refused by looking at the request alone. Everything behind these checks may rely on
 * them; what depends on the state is decided where the state is.
 */

export function checkRange(request: RangeRequest): void {
  if (request.key.length === 0) throw ERRORS.EmptyKey.error();
  // Enums are open on the wire: any number may arrive.
  if (!SORT_ORDERS.has(request.sortOrder) || !SORT_TARGETS.has(request.sortTarget)) {
    throw ERRORS.InvalidSortOption.error();
  }
}

export function checkPut(request: PutRequest): void {
  if (request.key.length === 0) throw ERRORS.EmptyKey.error();
  if (request.ignoreValue && request.value.length > 0) throw ERRORS.ValueProvided.error();
  if (request.ignoreLease && request.lease !== 0n) throw ERRORS.LeaseProvided.error();
}

export function checkDeleteRange(request: DeleteRangeRequest): void {
  if (request.key.length === 0) throw ERRORS.EmptyKey.error();
}

export function checkTxn(request: TxnRequest, maxOperations: number): void {
  checkOperations(request, maxOperations);
  checkDuplicateWrites(request);
}

/** A nested transaction has what the enclosing one left of the budget, so depth is bounded too. */
function checkOperations(request: TxnRequest, budget: number): void {
  const { compare, success, failure } = request;
  const operations = Math.max(compare.length, success.length, failure.length);
  if (operations > budget) throw ERRORS.TooManyOps.error();
  for (const { key } of compare) if (key.length === 0) throw ERRORS.EmptyKey.error();
  for (const operation of success) checkOperation(operation, budget - operations);
  for (const operation of failure) checkOperation(operation, budget - operations);
}

function checkOperation({ request }: RequestOp, budget: number): void {
  switch (request?.$case) {
    case 'requestRange':
      return checkRange(request.value);
    case 'requestPut':
      return checkPut(request.value);
    case 'requestDeleteRange':
      return checkDeleteRange(request.value);
    case 'requestTxn':
      return checkOperations(request.value, budget);
    case undefined:
      // etcd's answer to an operation without content.
      throw ERRORS.KeyNotFound.error();
  }
}

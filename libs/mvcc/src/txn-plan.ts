import { NO_LEASE, toBinaryString, unreachable } from '@etcd-ts/foundation';
import { compareHolds } from './compare.js';
import type { Operation, PutRequest, TxnRequest, WriteFailure } from './operation.js';
import type { RangeRequest } from './range-request.js';
import type { StoreState } from './store-state.js';

export type PlanStep =
  Exclude<Operation, { kind: 'txn' }> | { readonly kind: 'txn'; readonly plan: TxnPlan };

/** The branches a transaction takes, nested ones included. */
export interface TxnPlan {
  readonly succeeded: boolean;
  readonly steps: readonly PlanStep[];
}

/**
 * Decides all comparisons, those of nested transactions too, against the state BEFORE the
 * transaction: a nested one does not compare with what its parent has just written.
 */
export function planTxn(state: StoreState, request: TxnRequest): TxnPlan {
  const succeeded = request.compares.every((compare) => compareHolds(state, compare));
  const operations = succeeded ? request.success : request.failure;
  return {
    succeeded,
    steps: operations.map((operation) =>
      operation.kind === 'txn'
        ? { kind: 'txn', plan: planTxn(state, operation.request) }
        : operation,
    ),
  };
}

/**
 * The first reason, in order, why the planned steps cannot all be done. It looks only at replicated
 * state from before the transaction, so that every member comes to the same result, and nothing
 * has been changed when it says no.
 */
export function planFailure(state: StoreState, plan: TxnPlan): WriteFailure | undefined {
  for (const step of plan.steps) {
    const failure = stepFailure(state, step);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function stepFailure(state: StoreState, step: PlanStep): WriteFailure | undefined {
  switch (step.kind) {
    case 'range':
      return rangeFailure(state, step.request);
    case 'put':
      return missingKey(state, step.request) ?? missingLease(state, step.request);
    case 'deleteRange':
      return undefined;
    case 'txn':
      return planFailure(state, step.plan);
    default:
      return unreachable(step);
  }
}

/** Unlike a range of its own, one in a transaction takes a negative revision at its word. */
function rangeFailure(state: StoreState, request: RangeRequest): WriteFailure | undefined {
  if (request.revision === 0) return undefined;
  if (request.revision > state.currentRevision) return 'futureRevision';
  if (request.revision < state.compactedAt) return 'compacted';
  return undefined;
}

export function missingKey(state: StoreState, request: PutRequest): WriteFailure | undefined {
  if (!request.ignoreValue && !request.ignoreLease) return undefined;
  return state.index.findLive(toBinaryString(request.key)) ? undefined : 'keyNotFound';
}

export function missingLease(state: StoreState, request: PutRequest): WriteFailure | undefined {
  if (request.lease === NO_LEASE || state.leases.exists(request.lease)) return undefined;
  return 'leaseNotFound';
}

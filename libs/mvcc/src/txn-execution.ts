import { assert, toBinaryString, unreachable } from '@etcd-ts/foundation';
import { keyRange } from './key-range.js';
import type { KeyValue } from './key-value.js';
import type { DeleteRangeRequest, DeleteRangeResult, OperationResult } from './operation.js';
import { readRange } from './range-read.js';
import type { RangeRequest, RangeResult } from './range-request.js';
import type { StoreState } from './store-state.js';
import type { PlanStep, TxnPlan } from './txn-plan.js';
import type { WriteBatch } from './write-batch.js';

/** Carries out a plan that has been checked: from here on nothing can fail. */
export function executePlan(
  state: StoreState,
  batch: WriteBatch,
  plan: TxnPlan,
): readonly OperationResult[] {
  return plan.steps.map((step) => executeStep(state, batch, step));
}

function executeStep(state: StoreState, batch: WriteBatch, step: PlanStep): OperationResult {
  switch (step.kind) {
    case 'range':
      return { kind: 'range', result: executeRange(state, batch, step.request) };
    case 'put': {
      const prevKv = batch.put(step.request);
      return { kind: 'put', prevKv, revision: batch.revision };
    }
    case 'deleteRange':
      return executeDelete(state, batch, step.request);
    case 'txn': {
      const results = executePlan(state, batch, step.plan);
      return { kind: 'txn', succeeded: step.plan.succeeded, results };
    }
    default:
      return unreachable(step);
  }
}

export function executeDelete(
  state: StoreState,
  batch: WriteBatch,
  request: DeleteRangeRequest,
): DeleteRangeResult {
  if (request.rangeEnd.length === 0) return executeSingleDelete(state, batch, request);
  const range = keyRange(request.key, request.rangeEnd);
  const prevKvs: KeyValue[] = [];
  if (request.prevKv) {
    state.index.visit(range, true, (leaf, slot) => {
      prevKvs.push(state.readNewest(leaf, slot));
      return true;
    });
  }
  const deleted = batch.deleteRange(range);
  return { kind: 'deleteRange', deleted, prevKvs, revision: batch.revision };
}

function executeSingleDelete(
  state: StoreState,
  batch: WriteBatch,
  request: DeleteRangeRequest,
): DeleteRangeResult {
  const { index } = state;
  const name = toBinaryString(request.key);
  const live = index.findLive(name);
  const prevKvs = live && request.prevKv ? [state.readNewest(index.leaf, index.slot)] : [];
  if (live) batch.delete(name);
  return { kind: 'deleteRange', deleted: live ? 1 : 0, prevKvs, revision: batch.revision };
}

/** Sees what the transaction has written so far. */
function executeRange(state: StoreState, batch: WriteBatch, request: RangeRequest): RangeResult {
  const outcome = readRange(state, request, batch.revision);
  assert(outcome.kind === 'ok', 'the plan was checked, so its ranges are readable');
  return outcome;
}

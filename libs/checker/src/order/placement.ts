import type { HistoryEntry } from '../history.js';
import { isKvOperation } from '../operation.js';
import type { KvOperation, KvResult } from '../operation.js';

/**
 * Where an answered key-value operation stands in the order of everything, told by its answer alone:
 * `2 * revision` for the write that made the revision, `2 * revision + 1` for what read the state
 * after it. Equal places are reads of one state, whose order does not matter.
 */
export type Place = number;

export function placeOfWrite(revision: number): Place {
  return 2 * revision;
}

export function placeOfRead(revision: number): Place {
  return 2 * revision + 1;
}

export interface AnsweredKv {
  readonly operation: KvOperation;
  readonly result: KvResult;
  readonly revision: number;
}

/** The entry as an answered key-value operation, or undefined. */
export function answeredKv({ operation, outcome }: HistoryEntry): AnsweredKv | undefined {
  if (outcome.kind !== 'ok' || !isKvOperation(operation)) return undefined;
  const { result, revision } = outcome;
  switch (result.kind) {
    case 'range':
    case 'put':
    case 'deleteRange':
    case 'txn':
      return { operation, result, revision };
    default:
      return undefined;
  }
}

/** Whether the answer says that a revision was made. */
export function madeRevision(result: KvResult): boolean {
  switch (result.kind) {
    case 'put':
      return true;
    case 'deleteRange':
      return result.deleted > 0;
    case 'txn':
      return result.results.some(madeRevision);
    case 'range':
      return false;
  }
}

/** Whether the operation could make a revision at all. */
export function mayMakeRevision(operation: KvOperation): boolean {
  if (operation.kind === 'range') return false;
  if (operation.kind !== 'txn') return true;
  return operation.success.some(mayMakeRevision) || operation.failure.some(mayMakeRevision);
}

/** Served from the state of one member, which may be old. etcd treats a txn without parts so too. */
export function isSerializable(operation: KvOperation): boolean {
  if (operation.kind === 'range') return operation.serializable === true;
  if (operation.kind !== 'txn') return false;
  const parts = [...operation.success, ...operation.failure];
  return parts.every((part) => part.kind === 'range' && part.serializable === true);
}

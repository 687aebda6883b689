import { LeaseId, unreachable } from '@etcd-ts/foundation';
import type {
  Compare as DomainCompare,
  CompareTarget,
  Operation,
  PutRequest as DomainPut,
  DeleteRangeRequest as DomainDeleteRange,
  RangeRequest as DomainRange,
  TxnRequest as DomainTxn,
} from '@etcd-ts/mvcc';
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
} from '@etcd-ts/wire-protocol';
import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcd-ts/wire-protocol';

/*
 * From the wire's messages to the store's requests. Revisions, versions and limits become numbers:
 * one beyond 2^53 loses its low bits, which changes no answer, since no real revision or version
 * is ever that large (it stays greater than, or less than, all of them).
 */

const SORT_ORDERS = {
  [RangeRequest_SortOrder.NONE]: 'none',
  [RangeRequest_SortOrder.ASCEND]: 'ascend',
  [RangeRequest_SortOrder.DESCEND]: 'descend',
} as const;

const SORT_TARGETS = {
  [RangeRequest_SortTarget.KEY]: 'key',
  [RangeRequest_SortTarget.VERSION]: 'version',
  [RangeRequest_SortTarget.CREATE]: 'create',
  [RangeRequest_SortTarget.MOD]: 'mod',
  [RangeRequest_SortTarget.VALUE]: 'value',
} as const;

const COMPARE_RESULTS: Readonly<Record<number, DomainCompare['result']>> = {
  [Compare_CompareResult.EQUAL]: 'equal',
  [Compare_CompareResult.GREATER]: 'greater',
  [Compare_CompareResult.LESS]: 'less',
  [Compare_CompareResult.NOT_EQUAL]: 'notEqual',
};

export function toDomainRange(request: RangeRequest): DomainRange {
  return {
    key: request.key,
    rangeEnd: request.rangeEnd,
    limit: Number(request.limit),
    revision: Number(request.revision),
    sortOrder: SORT_ORDERS[request.sortOrder],
    sortTarget: SORT_TARGETS[request.sortTarget],
    keysOnly: request.keysOnly,
    countOnly: request.countOnly,
    minModRevision: Number(request.minModRevision),
    maxModRevision: Number(request.maxModRevision),
    minCreateRevision: Number(request.minCreateRevision),
    maxCreateRevision: Number(request.maxCreateRevision),
  };
}

export function toDomainPut(request: PutRequest): DomainPut {
  return {
    key: request.key,
    value: request.value,
    lease: LeaseId(request.lease),
    prevKv: request.prevKv,
    ignoreValue: request.ignoreValue,
    ignoreLease: request.ignoreLease,
  };
}

export function toDomainDeleteRange(request: DeleteRangeRequest): DomainDeleteRange {
  return { key: request.key, rangeEnd: request.rangeEnd, prevKv: request.prevKv };
}

export function toDomainTxn(request: TxnRequest): DomainTxn {
  return {
    compares: request.compare.map(toDomainCompare),
    success: request.success.map(toDomainOperation),
    failure: request.failure.map(toDomainOperation),
  };
}

function toDomainOperation(operation: RequestOp): Operation {
  const request = operation.request;
  switch (request?.$case) {
    case 'requestRange':
      return { kind: 'range', request: toDomainRange(request.value) };
    case 'requestPut':
      return { kind: 'put', request: toDomainPut(request.value) };
    case 'requestDeleteRange':
      return { kind: 'deleteRange', request: toDomainDeleteRange(request.value) };
    case 'requestTxn':
      return { kind: 'txn', request: toDomainTxn(request.value) };
    case undefined:
      // The faces refuse it, so it can only come from a log written by something else.
      return unreachable(operation as never, 'empty operation');
    default:
      return unreachable(request, 'operation');
  }
}

const COMPARE_TARGETS = new Set<number>(Object.values(Compare_CompareTarget));

function toDomainCompare(compare: Compare): DomainCompare {
  const { key, rangeEnd } = compare;
  // An unknown comparison holds, as in etcd.
  const result = COMPARE_RESULTS[compare.result] ?? 'unknown';
  // Enums are open on the wire, and by now the request is in the log: whatever it says must have an
  // outcome, or no member could ever pass this entry again.
  if (!COMPARE_TARGETS.has(compare.target)) return { key, rangeEnd, ...unknownTarget(result) };
  return { key, rangeEnd, result, target: compareTarget(compare) };
}

/** In etcd an unknown target is equal to whatever it is compared with. No version is below 0. */
function unknownTarget(result: DomainCompare['result']): Pick<DomainCompare, 'result' | 'target'> {
  const holds = result === 'equal' || result === 'unknown';
  return { result: holds ? 'unknown' : 'less', target: { kind: 'version', value: 0 } };
}

/** A value given for another target than the named one counts as absent: zero or empty. */
function compareTarget(compare: Compare): CompareTarget {
  const given = compare.targetUnion;
  switch (compare.target) {
    case Compare_CompareTarget.VERSION:
      return { kind: 'version', value: given?.$case === 'version' ? Number(given.value) : 0 };
    case Compare_CompareTarget.CREATE:
      return { kind: 'create', value: given?.$case === 'createRevision' ? Number(given.value) : 0 };
    case Compare_CompareTarget.MOD:
      return { kind: 'mod', value: given?.$case === 'modRevision' ? Number(given.value) : 0 };
    case Compare_CompareTarget.VALUE:
      return { kind: 'value', value: given?.$case === 'value' ? given.value : Buffer.alloc(0) };
    case Compare_CompareTarget.LEASE:
      return {
        kind: 'lease',
        value: LeaseId(given?.$case === 'lease' ? given.value : 0n),
      };
    default:
      return unreachable(compare.target, 'compare target');
  }
}

import { fromBinaryString, unreachable } from '@etcd-ts/foundation';
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '@etcd-ts/wire-protocol';
import type { Compare as WireCompare, RequestOp } from '@etcd-ts/wire-protocol';

import type { Compare, DeleteRange, KeyRange, KvOperation, Put, Range, Txn } from '../operation.js';

const bytes = (text: string): Buffer => Buffer.from(fromBinaryString(text));

function rangeOf({ key, rangeEnd }: KeyRange): { key: Buffer; rangeEnd: Buffer } {
  return { key: bytes(key), rangeEnd: bytes(rangeEnd ?? '') };
}

export function rangeRequest(range: Range): RangeRequest {
  return RangeRequest.fromPartial({
    ...rangeOf(range),
    revision: BigInt(range.revision ?? 0),
    limit: BigInt(range.limit ?? 0),
    serializable: range.serializable ?? false,
    keysOnly: range.keysOnly ?? false,
    countOnly: range.countOnly ?? false,
  });
}

/** What is to stay as it is must not be given: etcd refuses a value beside `ignoreValue`. */
export function putRequest(put: Put): PutRequest {
  return PutRequest.fromPartial({
    key: bytes(put.key),
    value: bytes(put.ignoreValue === true ? '' : put.value),
    lease: put.ignoreLease === true ? 0n : (put.lease ?? 0n),
    prevKv: put.prevKv ?? false,
    ignoreValue: put.ignoreValue ?? false,
    ignoreLease: put.ignoreLease ?? false,
  });
}

export function deleteRequest(deletion: DeleteRange): DeleteRangeRequest {
  return DeleteRangeRequest.fromPartial({
    ...rangeOf(deletion),
    prevKv: deletion.prevKv ?? false,
  });
}

export function txnRequest({ compares, success, failure }: Txn): TxnRequest {
  return {
    compare: compares.map(compareOf),
    success: success.map(requestOp),
    failure: failure.map(requestOp),
  };
}

function requestOp(operation: KvOperation): RequestOp {
  switch (operation.kind) {
    case 'range':
      return { request: { $case: 'requestRange', value: rangeRequest(operation) } };
    case 'put':
      return { request: { $case: 'requestPut', value: putRequest(operation) } };
    case 'deleteRange':
      return { request: { $case: 'requestDeleteRange', value: deleteRequest(operation) } };
    case 'txn':
      return { request: { $case: 'requestTxn', value: txnRequest(operation) } };
    default:
      return unreachable(operation, 'operation');
  }
}

const RESULTS = {
  equal: Compare_CompareResult.EQUAL,
  greater: Compare_CompareResult.GREATER,
  less: Compare_CompareResult.LESS,
  notEqual: Compare_CompareResult.NOT_EQUAL,
};

function compareOf(compare: Compare): WireCompare {
  return { ...rangeOf(compare), result: RESULTS[compare.result], ...targetOf(compare) };
}

function targetOf({ target }: Compare): Pick<WireCompare, 'target' | 'targetUnion'> {
  const { VERSION, CREATE, MOD, VALUE, LEASE } = Compare_CompareTarget;
  switch (target.kind) {
    case 'version':
      return { target: VERSION, targetUnion: { $case: 'version', value: BigInt(target.value) } };
    case 'create':
      return {
        target: CREATE,
        targetUnion: { $case: 'createRevision', value: BigInt(target.value) },
      };
    case 'mod':
      return { target: MOD, targetUnion: { $case: 'modRevision', value: BigInt(target.value) } };
    case 'value':
      return { target: VALUE, targetUnion: { $case: 'value', value: bytes(target.value) } };
    case 'lease':
      return { target: LEASE, targetUnion: { $case: 'lease', value: target.value } };
    default:
      return unreachable(target, 'compare target');
  }
}

import type {
  Compare,
  DeleteRange,
  KeyValue,
  KvOperation,
  KvResult,
  Put,
  Range,
  Txn,
} from '@etcd-ts/checker';
import {
  Compare as CompareMessage,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
  type DeleteRangeResponse,
  type KeyValue as KeyValueMessage,
  type PutResponse,
  type RangeResponse,
  type ResponseOp,
  type TxnResponse,
} from '@etcd-ts/wire-protocol';

/** Keys and values of a history are binary strings. */
const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'latin1');
const RESULTS = { equal: 0, greater: 1, less: 2, notEqual: 3 } as const;
const TARGETS = { version: 0, create: 1, mod: 2, value: 3, lease: 4 } as const;

export function rangeRequest(range: Range): RangeRequest {
  return RangeRequest.fromPartial({
    key: bytes(range.key),
    rangeEnd: bytes(range.rangeEnd),
    revision: BigInt(range.revision ?? 0),
    limit: BigInt(range.limit ?? 0),
    serializable: range.serializable ?? false,
    keysOnly: range.keysOnly ?? false,
    countOnly: range.countOnly ?? false,
  });
}

export function putRequest(put: Put): PutRequest {
  return PutRequest.fromPartial({
    key: bytes(put.key),
    value: bytes(put.value),
    lease: put.lease ?? 0n,
    prevKv: put.prevKv ?? false,
    ignoreValue: put.ignoreValue ?? false,
    ignoreLease: put.ignoreLease ?? false,
  });
}

export function deleteRangeRequest(deletion: DeleteRange): DeleteRangeRequest {
  return DeleteRangeRequest.fromPartial({
    key: bytes(deletion.key),
    rangeEnd: bytes(deletion.rangeEnd),
    prevKv: deletion.prevKv ?? false,
  });
}

export function txnRequest({ compares, success, failure }: Txn): TxnRequest {
  return {
    compare: compares.map(compareMessage),
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
      return { request: { $case: 'requestDeleteRange', value: deleteRangeRequest(operation) } };
    case 'txn':
      return { request: { $case: 'requestTxn', value: txnRequest(operation) } };
  }
}

function compareMessage({ key, rangeEnd, result, target }: Compare): CompareMessage {
  return CompareMessage.fromPartial({
    key: bytes(key),
    rangeEnd: bytes(rangeEnd),
    result: RESULTS[result],
    target: TARGETS[target.kind],
    targetUnion: targetUnion(target),
  });
}

function targetUnion(target: Compare['target']): CompareMessage['targetUnion'] {
  switch (target.kind) {
    case 'value':
      return { $case: 'value', value: bytes(target.value) };
    case 'lease':
      return { $case: 'lease', value: target.value };
    case 'version':
      return { $case: 'version', value: BigInt(target.value) };
    case 'create':
      return { $case: 'createRevision', value: BigInt(target.value) };
    case 'mod':
      return { $case: 'modRevision', value: BigInt(target.value) };
  }
}

export function keyValue(kv: KeyValueMessage): KeyValue {
  return {
    key: kv.key.toString('latin1'),
    value: kv.value.toString('latin1'),
    createRevision: Number(kv.createRevision),
    modRevision: Number(kv.modRevision),
    version: Number(kv.version),
    lease: kv.lease,
  };
}

export function rangeResult({ kvs, count, more }: RangeResponse): KvResult {
  return { kind: 'range', kvs: kvs.map(keyValue), count: Number(count), more };
}

export function putResult({ prevKv }: PutResponse): KvResult {
  return prevKv === undefined ? { kind: 'put' } : { kind: 'put', prevKv: keyValue(prevKv) };
}

export function deleteRangeResult(
  { deleted, prevKvs }: DeleteRangeResponse,
  { prevKv }: Pick<DeleteRange, 'prevKv'>,
): KvResult {
  const shown = prevKv === true ? { prevKvs: prevKvs.map(keyValue) } : {};
  return { kind: 'deleteRange', deleted: Number(deleted), ...shown };
}

export function txnResult({ succeeded, responses }: TxnResponse, txn: Txn): KvResult {
  const operations = succeeded ? txn.success : txn.failure;
  return {
    kind: 'txn',
    succeeded,
    results: responses.map((response, at) => partResult(response, operations[at])),
  };
}

function partResult({ response }: ResponseOp, operation: KvOperation | undefined): KvResult {
  switch (response?.$case) {
    case 'responseRange':
      return rangeResult(response.value);
    case 'responsePut':
      return putResult(response.value);
    case 'responseDeleteRange':
      if (operation?.kind !== 'deleteRange') break;
      return deleteRangeResult(response.value, operation);
    case 'responseTxn':
      if (operation?.kind !== 'txn') break;
      return txnResult(response.value, operation);
    case undefined:
      break;
  }
  throw new Error(`${operation?.kind} was answered with ${response?.$case}`);
}

import type { KeyValue, ResponseOp, TxnResponse } from '@etcd-ts/wire-protocol';
import {
  DeleteRangeResponse,
  PutResponse,
  RangeResponse,
  TxnResponse as TxnMessage,
} from '@etcd-ts/wire-protocol';
import {
  field,
  headerFields,
  headerJson,
  keyValueFields,
  keyValueJson,
} from '../output/field-lines.js';
import type { JsonValue } from '../output/json.js';
import { some } from '../output/json.js';
import type { Answer, Piece } from '../output/output.js';
import { shown } from '../output/output.js';

export function rangeAnswer(response: RangeResponse, valueOnly = false): Answer {
  return {
    simple: (hex) => response.kvs.flatMap((pair) => pairLines(pair, hex, valueOnly)),
    json: () => rangeJson(response),
    fields: () => rangeFields(response),
    protobuf: () => RangeResponse.encode(response).finish(),
  };
}

export function putAnswer(response: PutResponse): Answer {
  return {
    simple: (hex) => putLines(response, hex),
    json: () => putJson(response),
    fields: () => putFields(response),
    protobuf: () => PutResponse.encode(response).finish(),
  };
}

export function deleteAnswer(response: DeleteRangeResponse): Answer {
  return {
    simple: (hex) => deleteLines(response, hex),
    json: () => deleteJson(response),
    fields: () => deleteFields(response),
    protobuf: () => DeleteRangeResponse.encode(response).finish(),
  };
}

export function txnAnswer(response: TxnResponse): Answer {
  return {
    simple: (hex) => txnLines(response, hex),
    json: () => txnJson(response),
    fields: () => txnFields(response),
    protobuf: () => TxnMessage.encode(response).finish(),
  };
}

/** The key and value lines that `lock`, `elect` and `watch` print as well. */
export function pairLines(pair: KeyValue, hex: boolean, valueOnly = false): Piece[] {
  const value = [shown(pair.value, hex), '\n'];
  return valueOnly ? value : [shown(pair.key, hex), '\n', ...value];
}

function putLines({ prevKv }: PutResponse, hex: boolean): Piece[] {
  return ['OK\n', ...(prevKv === undefined ? [] : pairLines(prevKv, hex))];
}

function deleteLines({ deleted, prevKvs }: DeleteRangeResponse, hex: boolean): Piece[] {
  return [`${deleted}\n`, ...prevKvs.flatMap((pair) => pairLines(pair, hex))];
}

function txnLines({ succeeded, responses }: TxnResponse, hex: boolean): Piece[] {
  const operations = responses.flatMap(({ response }): Piece[] => {
    switch (response?.$case) {
      case undefined:
        return ['\n'];
      case 'responseRange':
        return ['\n', ...response.value.kvs.flatMap((pair) => pairLines(pair, hex))];
      case 'responsePut':
        return ['\n', ...putLines(response.value, hex)];
      case 'responseDeleteRange':
        return ['\n', ...deleteLines(response.value, hex)];
      case 'responseTxn':
        return ['\n', ...txnLines(response.value, hex)];
    }
  });
  return [succeeded ? 'SUCCESS\n' : 'FAILURE\n', ...operations];
}

function rangeJson(response: RangeResponse): JsonValue {
  return {
    header: headerJson(response.header),
    kvs: some(response.kvs.map(keyValueJson)),
    more: some(response.more),
    count: some(response.count),
  };
}

function putJson({ header, prevKv }: PutResponse): JsonValue {
  return { header: headerJson(header), prev_kv: keyValueJson(prevKv) };
}

function deleteJson({ header, deleted, prevKvs }: DeleteRangeResponse): JsonValue {
  return {
    header: headerJson(header),
    deleted: some(deleted),
    prev_kvs: some(prevKvs.map(keyValueJson)),
  };
}

function txnJson({ header, succeeded, responses }: TxnResponse): JsonValue {
  return {
    header: headerJson(header),
    succeeded: some(succeeded),
    responses: some(responses.map((each) => ({ Response: operationJson(each) }))),
  };
}

function operationJson({ response }: ResponseOp): JsonValue {
  switch (response?.$case) {
    case undefined:
      return null;
    case 'responseRange':
      return { response_range: rangeJson(response.value) };
    case 'responsePut':
      return { response_put: putJson(response.value) };
    case 'responseDeleteRange':
      return { response_delete_range: deleteJson(response.value) };
    case 'responseTxn':
      return { response_txn: txnJson(response.value) };
  }
}

function rangeFields({ header, kvs, more, count }: RangeResponse): string[] {
  const pairs = kvs.flatMap((pair) => keyValueFields('', pair));
  return [...headerFields(header), ...pairs, field('More', more), field('Count', count)];
}

function putFields({ header, prevKv }: PutResponse): string[] {
  return [...headerFields(header), ...(prevKv === undefined ? [] : keyValueFields('Prev', prevKv))];
}

function deleteFields({ header, deleted, prevKvs }: DeleteRangeResponse): string[] {
  const pairs = prevKvs.flatMap((pair) => keyValueFields('Prev', pair));
  return [...headerFields(header), field('Deleted', deleted), ...pairs];
}

function txnFields({ header, succeeded, responses }: TxnResponse): string[] {
  const operations = responses.flatMap(({ response }): string[] => {
    switch (response?.$case) {
      case undefined:
        return [];
      case 'responseRange':
        return rangeFields(response.value);
      case 'responsePut':
        return putFields(response.value);
      case 'responseDeleteRange':
        return deleteFields(response.value);
      case 'responseTxn':
        return txnFields(response.value);
    }
  });
  return [...headerFields(header), field('Succeeded', succeeded), ...operations];
}

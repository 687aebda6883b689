import { assert, must, toBinaryString, unreachable } from '@etcd-ts/foundation';
import type {
  DeleteRangeResponse,
  KeyValue as WireKeyValue,
  PutResponse,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

import type {
  DeleteRange,
  KeyValue,
  KvOperation,
  KvResult,
  Put,
  Range,
  Txn,
} from '../operation.js';

// An answer that does not fit what was asked is a broken promise too: all of these throw an
// AssertionError then, and nothing that is there is left unread.

export function keyValueOf(kv: WireKeyValue): KeyValue {
  return {
    key: toBinaryString(kv.key),
    value: toBinaryString(kv.value),
    createRevision: Number(kv.createRevision),
    modRevision: Number(kv.modRevision),
    version: Number(kv.version),
    lease: kv.lease,
  };
}

export function revisionOf({ header }: { readonly header: ResponseHeader | undefined }): number {
  return Number(must(header, 'an answer has a header').revision);
}

export function rangeResult(asked: Range, response: RangeResponse): KvResult {
  const { limit = 0, countOnly } = asked;
  const most = countOnly === true ? 0 : limit > 0 ? limit : Infinity;
  assert(response.kvs.length <= most, 'more keys than were asked for');
  return {
    kind: 'range',
    kvs: response.kvs.map(keyValueOf),
    count: Number(response.count),
    more: response.more,
  };
}

export function putResult(asked: Put, { prevKv }: PutResponse): KvResult {
  if (prevKv === undefined) return { kind: 'put' };
  assert(asked.prevKv === true, 'a previous value that nobody asked for');
  return { kind: 'put', prevKv: keyValueOf(prevKv) };
}

export function deleteResult(asked: DeleteRange, response: DeleteRangeResponse): KvResult {
  const deleted = Number(response.deleted);
  if (asked.prevKv === true) {
    return { kind: 'deleteRange', deleted, prevKvs: response.prevKvs.map(keyValueOf) };
  }
  assert(response.prevKvs.length === 0, 'previous values that nobody asked for');
  return { kind: 'deleteRange', deleted };
}

export function txnResult(asked: Txn, { succeeded, responses }: TxnResponse): KvResult {
  const branch = succeeded ? asked.success : asked.failure;
  assert(responses.length === branch.length, 'a transaction answers each of its operations');
  const results = branch.map((part, i) => partResult(part, must(responses[i], 'counted')));
  return { kind: 'txn', succeeded, results };
}

function partResult(asked: KvOperation, { response }: ResponseOp): KvResult {
  const answer = must(response, 'an answer has content');
  switch (answer.$case) {
    case 'responseRange':
      return rangeResult(expected(asked, 'range'), answer.value);
    case 'responsePut':
      return putResult(expected(asked, 'put'), answer.value);
    case 'responseDeleteRange':
      return deleteResult(expected(asked, 'deleteRange'), answer.value);
    case 'responseTxn':
      return txnResult(expected(asked, 'txn'), answer.value);
    default:
      return unreachable(answer, 'answer');
  }
}

function expected<Kind extends KvOperation['kind']>(
  asked: KvOperation,
  kind: Kind,
): Extract<KvOperation, { kind: Kind }> {
  return must(
    asked.kind === kind ? (asked as Extract<KvOperation, { kind: Kind }>) : undefined,
    () => `${asked.kind} was answered as ${kind}`,
  );
}

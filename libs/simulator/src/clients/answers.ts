import { must, toBinaryString, unreachable } from '@etcd-ts/foundation';
import type { KeyValue as DomainKeyValue } from '@etcd-ts/mvcc';
import type {
  DeleteRange,
  KeyValue,
  KvOperation,
  KvResult,
  Put,
  Range,
  Txn,
} from '@etcd-ts/checker';
import type {
  DeleteRangeResponse,
  KeyValue as WireKeyValue,
  PutResponse,
  RangeResponse,
  ResponseHeader,
  ResponseOp,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

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

export function rangeResult(_asked: Range, response: RangeResponse): KvResult {
  return {
    kind: 'range',
    kvs: response.kvs.map(keyValueOf),
    count: Number(response.count),
    more: response.more,
  };
}

export function putResult(asked: Put, { prevKv }: PutResponse): KvResult {
  const shown = asked.prevKv === true && prevKv !== undefined;
  return { kind: 'put', ...(shown ? { prevKv: keyValueOf(prevKv) } : {}) };
}

export function deleteResult(asked: DeleteRange, response: DeleteRangeResponse): KvResult {
  const deleted = Number(response.deleted);
  const prevKvs = asked.prevKv === true ? { prevKvs: response.prevKvs.map(keyValueOf) } : {};
  return { kind: 'deleteRange', deleted, ...prevKvs };
}

export function txnResult(asked: Txn, { succeeded, responses }: TxnResponse): KvResult {
  const branch = succeeded ? asked.success : asked.failure;
  const results = branch.map((part, i) => partResult(part, must(responses[i], 'an answer each')));
  return { kind: 'txn', succeeded, results };
}

function partResult(asked: KvOperation, { response }: ResponseOp): KvResult {
  switch (response?.$case) {
    case 'responseRange':
      return rangeResult(expected(asked, 'range'), response.value);
    case 'responsePut':
      return putResult(expected(asked, 'put'), response.value);
    case 'responseDeleteRange':
      return deleteResult(expected(asked, 'deleteRange'), response.value);
    case 'responseTxn':
      return txnResult(expected(asked, 'txn'), response.value);
    case undefined:
      throw new Error('an answer without content');
    default:
      return unreachable(response, 'answer');
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

export function domainKeyValue(kv: DomainKeyValue): KeyValue {
  return {
    key: toBinaryString(kv.key),
    value: toBinaryString(kv.value),
    createRevision: kv.createRevision,
    modRevision: kv.modRevision,
    version: kv.version,
    lease: kv.lease,
  };
}

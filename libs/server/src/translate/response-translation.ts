import { unreachable } from '@etcd-ts/foundation';
import type {
  KeyValue as DomainKeyValue,
  OperationResult,
  RangeOutcome,
  TxnOutcome,
} from '@etcd-ts/mvcc';
import { ResponseHeader } from '@etcd-ts/wire-protocol';
import type { KeyValue, RangeResponse, ResponseOp, TxnResponse } from '@etcd-ts/wire-protocol';

/** A header that carries only the revision: what nested responses have, and what faces complete. */
export function revisionHeader(revision: number): ResponseHeader {
  return { clusterId: 0n, memberId: 0n, revision: BigInt(revision), raftTerm: 0n };
}

export function toWireKeyValue(kv: DomainKeyValue): KeyValue {
  return {
    key: Buffer.from(kv.key.buffer, kv.key.byteOffset, kv.key.byteLength),
    createRevision: BigInt(kv.createRevision),
    modRevision: BigInt(kv.modRevision),
    version: BigInt(kv.version),
    value: Buffer.from(kv.value.buffer, kv.value.byteOffset, kv.value.byteLength),
    lease: kv.lease,
  };
}

export function toWireRange(outcome: Extract<RangeOutcome, { kind: 'ok' }>): RangeResponse {
  return {
    header: revisionHeader(outcome.revision),
    kvs: outcome.kvs.map(toWireKeyValue),
    more: outcome.more,
    count: BigInt(outcome.count),
  };
}

export function toWireTxn(outcome: Extract<TxnOutcome, { kind: 'ok' }>): TxnResponse {
  return {
    header: revisionHeader(outcome.revision),
    succeeded: outcome.succeeded,
    responses: outcome.results.map(toWireOperationResult),
  };
}

function toWireOperationResult(result: OperationResult): ResponseOp {
  switch (result.kind) {
    case 'range':
      return { response: { $case: 'responseRange', value: toWireRange(result.result) } };
    case 'put':
      return {
        response: {
          $case: 'responsePut',
          value: {
            header: revisionHeader(result.revision),
            prevKv: result.prevKv && toWireKeyValue(result.prevKv),
          },
        },
      };
    case 'deleteRange':
      return {
        response: {
          $case: 'responseDeleteRange',
          value: {
            header: revisionHeader(result.revision),
            deleted: BigInt(result.deleted),
            prevKvs: result.prevKvs.map(toWireKeyValue),
          },
        },
      };
    case 'txn':
      return {
        response: {
          $case: 'responseTxn',
          value: {
            // etcd leaves the revision of a nested transaction's header unset.
            header: revisionHeader(0),
            succeeded: result.succeeded,
            responses: result.results.map(toWireOperationResult),
          },
        },
      };
    default:
      return unreachable(result, 'operation result');
  }
}

import {
  deleteRequest,
  deleteResult,
  putRequest,
  putResult,
  rangeRequest,
  rangeResult,
  txnRequest,
  txnResult,
} from '@etcd-ts/checker';
import type { Failure, Operation, OperationResult } from '@etcd-ts/checker';
import type { CallOptions, Outcome, RpcClient } from '@etcd-ts/testkit';
import {
  CompactionRequest,
  KVDefinition,
  LeaseDefinition,
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  LeaseRevokeRequest,
  type LeaseKeepAliveResponse,
  type ResponseHeader,
} from '@etcd-ts/wire-protocol';

/** How a call ended: as the checkers count it. */
export type CallEnd =
  | { readonly kind: 'ok'; readonly revision: number; readonly result: OperationResult }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

const { range, put, deleteRange, txn, compact } = KVDefinition.methods;
const { leaseGrant, leaseKeepAlive, leaseRevoke } = LeaseDefinition.methods;

/** Answers of the store itself. */
const FAILURES: readonly (readonly [string, Failure])[] = [
  ['etcdserver: mvcc: required revision has been compacted', 'compacted'],
  ['etcdserver: mvcc: required revision is a future revision', 'futureRevision'],
  ['etcdserver: key not found', 'keyNotFound'],
  ['etcdserver: requested lease not found', 'leaseNotFound'],
  ['etcdserver: lease already exists', 'leaseExists'],
];

/**
 * The client library says so before it sends anything: no connection to send on. Whatever ends a
 * call later is 'unknown' for a write, also a refused connection in the middle of it.
 */
const NEVER_SENT = /^(No connection established|Name resolution failed)/;
/** Refused before they are proposed. */
const NEVER_PROPOSED = new Set([
  'etcdserver: too many requests',
  'etcdserver: not capable',
  'etcdserver: rpc not supported for learner',
  'etcdserver: user name is empty',
  'etcdserver: invalid auth token',
  'etcdserver: permission denied',
  'etcdserver: revision of auth store is old',
]);

/** Sends the operation to one member, once. */
export async function call(
  client: RpcClient,
  operation: Operation,
  deadlineMs: number,
  metadata: Readonly<Record<string, string>> = {},
): Promise<CallEnd> {
  const options = { deadlineMs, metadata };
  switch (operation.kind) {
    case 'range': {
      const answer = client.unary(KVDefinition, range, rangeRequest(operation), options);
      return ended(operation, await answer, (response) => rangeResult(operation, response));
    }
    case 'put': {
      const answer = client.unary(KVDefinition, put, putRequest(operation), options);
      return ended(operation, await answer, (response) => putResult(operation, response));
    }
    case 'deleteRange': {
      const request = deleteRequest(operation);
      const answer = client.unary(KVDefinition, deleteRange, request, options);
      return ended(operation, await answer, (response) => deleteResult(operation, response));
    }
    case 'txn': {
      const answer = client.unary(KVDefinition, txn, txnRequest(operation), options);
      return ended(operation, await answer, (response) => txnResult(operation, response));
    }
    case 'compact': {
      const request = CompactionRequest.fromPartial({ revision: BigInt(operation.revision) });
      const answer = client.unary(KVDefinition, compact, request, options);
      return ended(operation, await answer, () => ({ kind: 'compact' }));
    }
    case 'leaseGrant': {
      const TTL = BigInt(operation.ttlSeconds);
      const request = LeaseGrantRequest.fromPartial({ ID: operation.lease, TTL });
      const answer = client.unary(LeaseDefinition, leaseGrant, request, options);
      return ended(operation, await answer, (response) => ({
        kind: 'leaseGrant',
        ttlSeconds: Number(response.TTL),
      }));
    }
    case 'leaseRevoke': {
      const request = LeaseRevokeRequest.fromPartial({ ID: operation.lease });
      const answer = client.unary(LeaseDefinition, leaseRevoke, request, options);
      return ended(operation, await answer, () => ({ kind: 'leaseRevoke' }));
    }
    case 'leaseKeepAlive':
      return keepAlive(client, operation.lease, options);
  }
}

function ended<Response extends { readonly header?: ResponseHeader | undefined }>(
  operation: Operation,
  outcome: Outcome<Response>,
  read: (response: Response) => OperationResult,
): CallEnd {
  if (outcome.kind === 'ok') {
    const revision = Number(outcome.response.header?.revision ?? 0n);
    return { kind: 'ok', revision, result: read(outcome.response) };
  }
  return refusal(operation, outcome.message);
}

/** How an operation counts that ended with this message. */
export function refusal(operation: Operation, message: string): CallEnd {
  const known = FAILURES.find(([text]) => text === message);
  if (known !== undefined) return { kind: 'failed', failure: known[1], message };
  // A read that fails has no effect, whatever it died of.
  const harmless =
    operation.kind === 'range' || NEVER_SENT.test(message) || NEVER_PROPOSED.has(message);
  return harmless
    ? { kind: 'failed', failure: 'notServed', message }
    : { kind: 'unknown', message };
}

/** One renewal on a stream of its own. That the lease is gone is told by a TTL of nothing. */
function keepAlive(
  client: RpcClient,
  lease: bigint,
  { deadlineMs, metadata }: Required<CallOptions>,
): Promise<CallEnd> {
  const stream = client.bidi(LeaseDefinition, leaseKeepAlive, { metadata });
  return new Promise((resolve) => {
    const end = (how: CallEnd): void => {
      clearTimeout(timer);
      resolve(how);
      stream.cancel();
    };
    const unknown = (message: string): void => end({ kind: 'unknown', message });
    const timer = setTimeout(() => unknown('no renewal in time'), deadlineMs);
    stream.on('error', (error: Error) => unknown(error.message));
    stream.on('end', () => unknown('the stream ended'));
    stream.on('data', ({ header, TTL }: LeaseKeepAliveResponse) => {
      const message = 'etcdserver: requested lease not found';
      if (TTL <= 0n) return end({ kind: 'failed', failure: 'leaseNotFound', message });
      const result = { kind: 'leaseKeepAlive', ttlSeconds: Number(TTL) } as const;
      end({ kind: 'ok', revision: Number(header?.revision ?? 0n), result });
    });
    stream.write(LeaseKeepAliveRequest.fromPartial({ ID: lease }));
  });
}

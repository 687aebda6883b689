import {
  deleteRequest,
  deleteResult,
  putRequest,
  putResult,
  rangeRequest,
  rangeResult,
  revisionOf,
  txnRequest,
  txnResult,
} from '@etcd-ts/checker';
import type { Failure, Operation, OperationResult } from '@etcd-ts/checker';
import { AssertionError, LeaseId, unreachable } from '@etcd-ts/foundation';
import type { EtcdServer } from '@etcd-ts/server';
import { ERRORS } from '@etcd-ts/wire-protocol';

/** What a member said to a request; `lost`: whether it was done is not known. */
export type Answer =
  | { readonly kind: 'ok'; readonly revision: number; readonly result: OperationResult }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'lost'; readonly reason: string }
  /** It does not fit what was asked. */
  | { readonly kind: 'malformed'; readonly reason: string };

/** Puts one operation to a member, as its gRPC face would. */
export async function execute(server: EtcdServer, operation: Operation): Promise<Answer> {
  try {
    return await perform(server, operation);
  } catch (error) {
    return refusal(error);
  }
}

async function perform(server: EtcdServer, operation: Operation): Promise<Answer> {
  const { keyValues, leases, facts } = server;
  switch (operation.kind) {
    case 'range': {
      const response = await keyValues.range(rangeRequest(operation));
      return ok(revisionOf(response), rangeResult(operation, response));
    }
    case 'put': {
      const response = await keyValues.put(putRequest(operation));
      return ok(revisionOf(response), putResult(operation, response));
    }
    case 'deleteRange': {
      const response = await keyValues.deleteRange(deleteRequest(operation));
      return ok(revisionOf(response), deleteResult(operation, response));
    }
    case 'txn': {
      const response = await keyValues.txn(txnRequest(operation));
      return ok(revisionOf(response), txnResult(operation, response));
    }
    case 'compact': {
      const revision = BigInt(operation.revision);
      const response = await keyValues.compact({ revision, physical: false });
      return ok(revisionOf(response), { kind: 'compact' });
    }
    case 'leaseGrant': {
      const { lease, ttlSeconds } = operation;
      const response = await leases.grant({ ID: lease, TTL: BigInt(ttlSeconds) });
      return ok(revisionOf(response), { kind: 'leaseGrant', ttlSeconds: Number(response.TTL) });
    }
    case 'leaseRevoke': {
      const response = await leases.revoke({ ID: operation.lease });
      return ok(revisionOf(response), { kind: 'leaseRevoke' });
    }
    case 'leaseKeepAlive': {
      const ttlSeconds = await leases.renew(LeaseId(operation.lease));
      return ok(facts.header().revision, { kind: 'leaseKeepAlive', ttlSeconds });
    }
    default:
      return unreachable(operation, 'operation');
  }
}

function ok(revision: number, result: OperationResult): Answer {
  return { kind: 'ok', revision, result };
}

/** Those that say that nothing was done; any other error leaves it open. */
const FAILURES = new Map<string, Failure>([
  [ERRORS.Compacted.message, 'compacted'],
  [ERRORS.FutureRev.message, 'futureRevision'],
  [ERRORS.KeyNotFound.message, 'keyNotFound'],
  [ERRORS.LeaseNotFound.message, 'leaseNotFound'],
  [ERRORS.LeaseExist.message, 'leaseExists'],
  [ERRORS.RequestTooManyRequests.message, 'notServed'],
  [ERRORS.PermissionDenied.message, 'notServed'],
  [ERRORS.UserEmpty.message, 'notServed'],
  [ERRORS.AuthOldRevision.message, 'notServed'],
]);

function refusal(error: unknown): Answer {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof AssertionError) return { kind: 'malformed', reason };
  const failure = FAILURES.get(reason);
  return failure === undefined ? { kind: 'lost', reason } : { kind: 'failed', failure };
}

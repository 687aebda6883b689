import type { RpcMethod } from '@etcd-ts/rpc';
import { ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import { ConnectionError } from '../transport/call-failure.js';

/** etcd's client gives up after so many tries of one call. */
export const MAX_ATTEMPTS = 100;
/** Between two rounds over all members; ten per cent more or less, so that clients spread. */
const RETRY_INTERVAL_MS = 25;
const RETRY_JITTER = 0.1;
/** A token may be refused again when somebody changes users meanwhile; not for ever. */
export const MAX_LOGINS_PER_CALL = 3;

/** Asking these twice changes nothing. */
const REPEATABLE: ReadonlySet<string> = new Set([
  'KV/Range',
  'Lease/LeaseTimeToLive',
  'Lease/LeaseLeases',
  'Cluster/MemberList',
  'Maintenance/Status',
  'Maintenance/Hash',
  'Maintenance/HashKV',
  'Auth/AuthStatus',
  'Auth/Authenticate',
  'Auth/UserGet',
  'Auth/UserList',
  'Auth/RoleGet',
  'Auth/RoleList',
]);

export type Verdict = 'give up' | 'retry' | 'log in and retry';

/**
 * What to do about a failed attempt, by etcd's rules: a read is asked again whenever the server was
 * not available; anything that changes something only if it certainly did not arrive. A write that
 * may have arrived is the caller's to judge: it may have happened.
 */
export function judge(method: RpcMethod, error: unknown, hasCredentials: boolean): Verdict {
  if (!(error instanceof EtcdError)) return 'give up';
  if (hasCredentials && needsLogin(error)) return 'log in and retry';
  if (error instanceof ConnectionError && !error.mayHaveArrived) return 'retry';
  const service = method.service.slice(method.service.lastIndexOf('.') + 1);
  const isRepeatable = REPEATABLE.has(`${service}/${method.method}`);
  return isRepeatable && error.code === GrpcStatus.Unavailable ? 'retry' : 'give up';
}

/** Refused before anything was done: these may be repeated whatever they are. */
export function needsLogin(error: EtcdError): boolean {
  return (
    error.is(ERRORS.InvalidAuthToken) ||
    error.is(ERRORS.AuthOldRevision) ||
    error.is(ERRORS.UserEmpty)
  );
}

/** No wait while there is another member to ask. */
export function retryDelayMs(attempt: number, endpoints: number, random: () => number): number {
  if ((attempt + 1) % Math.max(1, endpoints) !== 0) return 0;
  return RETRY_INTERVAL_MS * (1 + RETRY_JITTER * (2 * random() - 1));
}

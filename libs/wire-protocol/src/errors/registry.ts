import type { ErrorDescriptor } from './etcd-error.js';
import { EtcdError } from './etcd-error.js';
import type { GrpcCode } from './grpc-status.js';
import { GrpcStatus } from './grpc-status.js';

/** Throw it with `throw ERRORS.EmptyKey.error()`: each has a stack of its own. */
export interface RegisteredError extends ErrorDescriptor {
  error(): EtcdError;
}

function register(code: GrpcCode, message: string): RegisteredError {
  const descriptor = { code, message: `etcdserver: ${message}` };
  return Object.freeze({ ...descriptor, error: () => new EtcdError(descriptor) });
}

/**
 * Every error etcd 3.7 gives a name to, with its code and text. Clients decide by the text whether
 * to retry, to authenticate again or to give up, so not a byte of it may change.
 */
export const ERRORS = Object.freeze({
  EmptyKey: register(GrpcStatus.InvalidArgument, 'key is not provided'),
  KeyNotFound: register(GrpcStatus.InvalidArgument, 'key not found'),
  ValueProvided: register(GrpcStatus.InvalidArgument, 'value is provided'),
  LeaseProvided: register(GrpcStatus.InvalidArgument, 'lease is provided'),
  TooManyOps: register(GrpcStatus.InvalidArgument, 'too many operations in txn request'),
  DuplicateKey: register(GrpcStatus.InvalidArgument, 'duplicate key given in txn request'),
  InvalidClientAPIVersion: register(GrpcStatus.InvalidArgument, 'invalid client api version'),
  InvalidSortOption: register(GrpcStatus.InvalidArgument, 'invalid sort option'),
  Compacted: register(GrpcStatus.OutOfRange, 'mvcc: required revision has been compacted'),
  FutureRev: register(GrpcStatus.OutOfRange, 'mvcc: required revision is a future revision'),
  NoSpace: register(GrpcStatus.ResourceExhausted, 'mvcc: database space exceeded'),
  LeaseNotFound: register(GrpcStatus.NotFound, 'requested lease not found'),
  LeaseExist: register(GrpcStatus.FailedPrecondition, 'lease already exists'),
  LeaseTTLTooLarge: register(GrpcStatus.OutOfRange, 'too large lease TTL'),
  WatchCanceled: register(GrpcStatus.Canceled, 'watch canceled'),
  MemberExist: register(GrpcStatus.FailedPrecondition, 'member ID already exist'),
  PeerURLExist: register(GrpcStatus.FailedPrecondition, 'Peer URLs already exists'),
  MemberNotEnoughStarted: register(
    GrpcStatus.FailedPrecondition,
    're-configuration failed due to not enough started members',
  ),
  MemberBadURLs: register(GrpcStatus.InvalidArgument, 'given member URLs are invalid'),
  MemberNotFound: register(GrpcStatus.NotFound, 'member not found'),
  MemberNotLearner: register(GrpcStatus.FailedPrecondition, 'can only promote a learner member'),
  LearnerNotReady: register(
    GrpcStatus.FailedPrecondition,
    'can only promote a learner member which is in sync with leader',
  ),
  TooManyLearners: register(GrpcStatus.FailedPrecondition, 'too many learner members in cluster'),
  ClusterIDMismatch: register(GrpcStatus.FailedPrecondition, 'cluster ID mismatch'),
  RequestTooLarge: register(GrpcStatus.InvalidArgument, 'request is too large'),
  RequestTooManyRequests: register(GrpcStatus.ResourceExhausted, 'too many requests'),
  RootUserNotExist: register(GrpcStatus.FailedPrecondition, 'root user does not exist'),
  RootRoleNotExist: register(GrpcStatus.FailedPrecondition, 'root user does not have root role'),
  UserAlreadyExist: register(GrpcStatus.FailedPrecondition, 'user name already exists'),
  UserEmpty: register(GrpcStatus.InvalidArgument, 'user name is empty'),
  UserNotFound: register(GrpcStatus.FailedPrecondition, 'user name not found'),
  RoleAlreadyExist: register(GrpcStatus.FailedPrecondition, 'role name already exists'),
  RoleNotFound: register(GrpcStatus.FailedPrecondition, 'role name not found'),
  RoleEmpty: register(GrpcStatus.InvalidArgument, 'role name is empty'),
  AuthFailed: register(
    GrpcStatus.InvalidArgument,
    'authentication failed, invalid user ID or password',
  ),
  PermissionNotGiven: register(GrpcStatus.InvalidArgument, 'permission not given'),
  PermissionDenied: register(GrpcStatus.PermissionDenied, 'permission denied'),
  RoleNotGranted: register(GrpcStatus.FailedPrecondition, 'role is not granted to the user'),
  PermissionNotGranted: register(
    GrpcStatus.FailedPrecondition,
    'permission is not granted to the role',
  ),
  AuthNotEnabled: register(GrpcStatus.FailedPrecondition, 'authentication is not enabled'),
  InvalidAuthToken: register(GrpcStatus.Unauthenticated, 'invalid auth token'),
  InvalidAuthMgmt: register(GrpcStatus.InvalidArgument, 'invalid auth management'),
  AuthOldRevision: register(GrpcStatus.InvalidArgument, 'revision of auth store is old'),
  NoLeader: register(GrpcStatus.Unavailable, 'no leader'),
  NotLeader: register(GrpcStatus.FailedPrecondition, 'not leader'),
  LeaderChanged: register(GrpcStatus.Unavailable, 'leader changed'),
  NotCapable: register(GrpcStatus.FailedPrecondition, 'not capable'),
  Stopped: register(GrpcStatus.Unavailable, 'server stopped'),
  Timeout: register(GrpcStatus.Unavailable, 'request timed out'),
  TimeoutDueToLeaderFail: register(
    GrpcStatus.Unavailable,
    'request timed out, possibly due to previous leader failure',
  ),
  TimeoutDueToConnectionLost: register(
    GrpcStatus.Unavailable,
    'request timed out, possibly due to connection lost',
  ),
  TimeoutLeaderTransfer: register(
    GrpcStatus.Unknown,
    'request timed out, leader transfer took too long',
  ),
  TimeoutWaitAppliedIndex: register(
    GrpcStatus.Unavailable,
    'request timed out, waiting for the applied index took too long',
  ),
  Unhealthy: register(GrpcStatus.Unavailable, 'unhealthy cluster'),
  Corrupt: register(GrpcStatus.DataLoss, 'corrupt cluster'),
  NotSupportedForLearner: register(GrpcStatus.FailedPrecondition, 'rpc not supported for learner'),
  BadLeaderTransferee: register(GrpcStatus.FailedPrecondition, 'bad leader transferee'),
  WrongDowngradeVersionFormat: register(
    GrpcStatus.InvalidArgument,
    'wrong downgrade target version format',
  ),
  InvalidDowngradeTargetVersion: register(
    GrpcStatus.InvalidArgument,
    'invalid downgrade target version',
  ),
  ClusterVersionUnavailable: register(
    GrpcStatus.FailedPrecondition,
    'cluster version not found during downgrade',
  ),
  DowngradeInProcess: register(
    GrpcStatus.FailedPrecondition,
    'cluster has a downgrade job in progress',
  ),
  NoInflightDowngrade: register(GrpcStatus.FailedPrecondition, 'no inflight downgrade job'),
  Canceled: register(GrpcStatus.Canceled, 'request canceled'),
  DeadlineExceeded: register(GrpcStatus.DeadlineExceeded, 'context deadline exceeded'),
});

export type ErrorName = keyof typeof ERRORS;

/**
 * Errors which etcd sends with the code Unknown although the table above has another for the same
 * text: they pass through its client-side type, which the code does not survive. Only the text
 * reaches a client that looks, and monitoring counts the code.
 */
export const UNCODED_ERRORS = Object.freeze({
  MemberNotEnoughStarted: uncoded(ERRORS.MemberNotEnoughStarted),
  RequestTooManyRequests: uncoded(ERRORS.RequestTooManyRequests),
});

function uncoded({ message }: ErrorDescriptor): RegisteredError {
  const descriptor = { code: GrpcStatus.Unknown, message };
  return Object.freeze({ ...descriptor, error: () => new EtcdError(descriptor) });
}

const BY_MESSAGE: ReadonlyMap<string, ErrorName> = new Map(
  (Object.keys(ERRORS) as ErrorName[]).map((name) => [ERRORS[name].message, name]),
);

/** Which registered error has this text: how a client recognises one. */
export function errorNameOf(message: string): ErrorName | undefined {
  return BY_MESSAGE.get(message);
}

/**
 * What ends a call, as the error the client gets. Whatever is not an EtcdError goes out as Unknown
 * with its own text, as every unnamed Go error does.
 */
export function toEtcdError(cause: unknown): EtcdError {
  if (cause instanceof EtcdError) return cause;
  return new EtcdError({ code: GrpcStatus.Unknown, message: textOf(cause) });
}

function textOf(cause: unknown): string {
  // By shape: an error from another realm (a worker, a vm) is no instance of this one's Error.
  const isError = typeof cause === 'object' && cause !== null && 'message' in cause;
  return String(isError ? cause.message : cause);
}

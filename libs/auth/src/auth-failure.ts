/**
 * Why a request was refused. The names are those of etcd's errors; what a client is told in code
 * and text is found by the name, at the edge.
 */
export type AuthFailure =
  | 'RootUserNotExist'
  | 'RootRoleNotExist'
  | 'UserAlreadyExist'
  | 'UserEmpty'
  | 'UserNotFound'
  | 'RoleAlreadyExist'
  | 'RoleNotFound'
  | 'RoleEmpty'
  | 'AuthFailed'
  /** A password where none is expected; also a hash that is no base64. */
  | 'NoPasswordUser'
  | 'PermissionNotGiven'
  | 'PermissionDenied'
  | 'RoleNotGranted'
  | 'PermissionNotGranted'
  | 'AuthNotEnabled'
  | 'InvalidAuthToken'
  | 'InvalidAuthMgmt'
  | 'AuthOldRevision';

/** What a change of users or roles came to; refused ones have changed nothing. */
export type AuthOutcome<T = undefined> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly failure: AuthFailure };

export const DONE: AuthOutcome = Object.freeze({ kind: 'ok', value: undefined });

export function granted<T>(value: T): AuthOutcome<T> {
  return { kind: 'ok', value };
}

export function refused(failure: AuthFailure): {
  readonly kind: 'refused';
  readonly failure: AuthFailure;
} {
  return { kind: 'refused', failure };
}

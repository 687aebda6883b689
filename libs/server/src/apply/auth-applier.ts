import { authError } from '@etcd-ts/credentials';
import type { AuthOutcome, AuthStore, Permission } from '@etcd-ts/auth';
import type {
  AuthRoleGetResponse,
  AuthRoleListResponse,
  AuthStatusResponse,
  AuthUserGetResponse,
  AuthUserListResponse,
  EtcdError,
  Permission as WirePermission,
} from '@etcd-ts/wire-protocol';

import type { RaftRequest } from '../raft-request.js';
import { revisionHeader } from '../translate/response-translation.js';

/** What any request about users and roles answers: the fields that are not asked for are empty. */
export type AuthAnswer = AuthUserGetResponse &
  AuthUserListResponse &
  AuthRoleGetResponse &
  AuthRoleListResponse &
  AuthStatusResponse;

const NO_ANSWER: AuthAnswer = {
  header: undefined,
  roles: [],
  users: [],
  perm: [],
  enabled: false,
  authRevision: 0n,
};

export type AuthApplyOutcome =
  | { readonly kind: 'applied'; readonly answer: AuthAnswer }
  | { readonly kind: 'refused'; readonly error: EtcdError };

/** The auth part of applying an entry; `accessFailure` has been asked before. */
export class AuthApplier {
  readonly #auth: AuthStore;
  readonly #currentRevision: () => number;

  constructor(auth: AuthStore, currentRevision: () => number) {
    this.#auth = auth;
    this.#currentRevision = currentRevision;
  }

  /** Undefined: the entry is about something else. */
  apply(request: RaftRequest, index: number): AuthApplyOutcome | undefined {
    const { authenticate, authEnable, authDisable, authStatus } = request;
    if (authenticate !== undefined) {
      const { name, simpleToken } = authenticate;
      return this.#done(this.#auth.logIn({ username: name, tokenPrefix: simpleToken, index }));
    }
    if (authEnable !== undefined) return this.#done(this.#auth.enable());
    if (authDisable !== undefined) {
      this.#auth.disable();
      return this.#answer({});
    }
    if (authStatus !== undefined) {
      const { enabled, revision } = this.#auth;
      return this.#answer({ enabled, authRevision: BigInt(revision) });
    }
    return this.#applyToUsers(request) ?? this.#applyToRoles(request);
  }

  #applyToUsers(request: RaftRequest): AuthApplyOutcome | undefined {
    const { users } = this.#auth;
    const { authUserAdd, authUserDelete, authUserChangePassword, authUserGet } = request;
    if (authUserAdd !== undefined) {
      const noPassword = authUserAdd.options?.noPassword ?? false;
      return this.#done(users.add({ ...authUserAdd, noPassword }));
    }
    if (authUserDelete !== undefined) return this.#done(users.delete(authUserDelete.name));
    if (authUserChangePassword !== undefined) {
      const { name } = authUserChangePassword;
      return this.#done(users.changePassword(name, authUserChangePassword));
    }
    const { authUserGrantRole, authUserRevokeRole, authUserList } = request;
    if (authUserGrantRole !== undefined) {
      return this.#done(users.grantRole(authUserGrantRole.user, authUserGrantRole.role));
    }
    if (authUserRevokeRole !== undefined) {
      return this.#done(users.revokeRole(authUserRevokeRole.name, authUserRevokeRole.role));
    }
    if (authUserGet !== undefined) {
      return this.#done(users.get(authUserGet.name), (roles) => ({ roles: [...roles] }));
    }
    return authUserList === undefined ? undefined : this.#answer({ users: users.list() });
  }

  #applyToRoles(request: RaftRequest): AuthApplyOutcome | undefined {
    const { roles } = this.#auth;
    const { authRoleAdd, authRoleDelete, authRoleGet, authRoleList } = request;
    const { authRoleGrantPermission, authRoleRevokePermission } = request;
    if (authRoleAdd !== undefined) return this.#done(roles.add(authRoleAdd.name));
    if (authRoleDelete !== undefined) return this.#done(roles.delete(authRoleDelete.role));
    if (authRoleGet !== undefined) {
      return this.#done(roles.get(authRoleGet.role), (perm) => ({ perm: perm.map(toWire) }));
    }
    if (authRoleGrantPermission !== undefined) {
      const { name, perm } = authRoleGrantPermission;
      const permission = perm && { type: perm.permType, key: perm.key, rangeEnd: perm.rangeEnd };
      return this.#done(roles.grantPermission(name, permission));
    }
    if (authRoleRevokePermission !== undefined) {
      return this.#done(
        roles.revokePermission(authRoleRevokePermission.role, authRoleRevokePermission),
      );
    }
    return authRoleList === undefined ? undefined : this.#answer({ roles: roles.list() });
  }

  #done<T>(
    outcome: AuthOutcome<T>,
    told: (value: T) => Partial<AuthAnswer> = () => ({}),
  ): AuthApplyOutcome {
    if (outcome.kind === 'refused') return { kind: 'refused', error: authError(outcome.failure) };
    return this.#answer(told(outcome.value));
  }

  #answer(answer: Partial<AuthAnswer>): AuthApplyOutcome {
    return {
      kind: 'applied',
      answer: { ...NO_ANSWER, header: revisionHeader(this.#currentRevision()), ...answer },
    };
  }
}

/** Types of the future pass through as numbers. */
function toWire({ type, key, rangeEnd }: Permission): WirePermission {
  const permType = type as WirePermission['permType'];
  return { permType, key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) };
}

import type { Logger } from '@etcd-ts/foundation';
import { DONE, granted, refused } from './auth-failure.js';
import type { AuthOutcome } from './auth-failure.js';
import type { AuthState } from './auth-state.js';
import { compareNames } from './role.js';
import { ROOT_ROLE, ROOT_USER } from './user.js';
import type { User } from './user.js';

/** A password as it comes with a log entry. */
export interface PasswordEntry {
  /** From members before etcd 3.5 only, which wrote the password itself into the log. */
  readonly password: string;
  /** base64 of a bcrypt hash. */
  readonly hashedPassword: string;
}

export interface UserAdd extends PasswordEntry {
  readonly name: string;
  readonly noPassword: boolean;
}

export interface UserAdministrationParts {
  readonly state: AuthState;
  readonly logger: Logger;
  /** bcrypt, at once and on the spot: only for the log entries of members before etcd 3.5. */
  readonly hashNow: (password: string) => Uint8Array;
  /** The user's tokens are void. */
  readonly invalidateUser: (name: string) => void;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Changes of users, as entries of the log ask for them. */
export class UserAdministration {
  readonly #parts: UserAdministrationParts;

  constructor(parts: UserAdministrationParts) {
    this.#parts = parts;
  }

  add(request: UserAdd): AuthOutcome {
    const { state, logger } = this.#parts;
    const { name, noPassword } = request;
    if (name === '') return refused('UserEmpty');
    if (state.user(name) !== undefined) return refused('UserAlreadyExist');
    const passwordHash = noPassword ? Buffer.alloc(0) : this.#selectHash(request);
    if (passwordHash === undefined) return refused('NoPasswordUser');
    state.putUser({ name, passwordHash, roles: [], noPassword });
    state.commitRevision();
    logger.info('added a user', { 'user-name': name });
    return DONE;
  }

  delete(name: string): AuthOutcome {
    const { state, logger, invalidateUser } = this.#parts;
    if (state.enabled && name === ROOT_USER) {
      logger.error("cannot delete 'root' user", { 'user-name': name });
      return refused('InvalidAuthMgmt');
    }
    const user = state.user(name);
    if (user === undefined) return refused('UserNotFound');
    state.deleteUser(name);
    state.commitRevision();
    invalidateUser(name);
    logger.info('deleted a user', { 'user-name': name, 'user-roles': user.roles });
    return DONE;
  }

  changePassword(name: string, password: PasswordEntry): AuthOutcome {
    const { state, logger, invalidateUser } = this.#parts;
    const user = state.user(name);
    if (user === undefined) return refused('UserNotFound');
    const passwordHash = user.noPassword === true ? Buffer.alloc(0) : this.#selectHash(password);
    if (passwordHash === undefined) return refused('NoPasswordUser');
    state.putUser({ ...user, passwordHash });
    state.commitRevision();
    invalidateUser(name);
    logger.info('changed a password of a user', { 'user-name': name, 'user-roles': user.roles });
    return DONE;
  }

  /** The role root need not exist. Granting what is granted already changes nothing at all. */
  grantRole(name: string, role: string): AuthOutcome {
    const { state, logger } = this.#parts;
    const user = state.user(name);
    if (user === undefined) return refused('UserNotFound');
    if (role !== ROOT_ROLE && state.role(role) === undefined) return refused('RoleNotFound');
    const fields = { 'user-name': name, 'user-roles': user.roles };
    if (user.roles.includes(role)) {
      const duplicate = { ...fields, 'duplicate-role-name': role };
      logger.warn('ignored grant role request to a user', duplicate);
      return DONE;
    }
    state.putUser({ ...user, roles: [...user.roles, role].sort(compareNames) });
    state.commitRevision();
    logger.info('granted a role to a user', { ...fields, 'added-role-name': role });
    return DONE;
  }

  revokeRole(name: string, role: string): AuthOutcome {
    const { state, logger } = this.#parts;
    const fields = { 'user-name': name, 'revoked-role-name': role };
    if (state.enabled && name === ROOT_USER && role === ROOT_ROLE) {
      logger.error("'root' user cannot revoke 'root' role", fields);
      return refused('InvalidAuthMgmt');
    }
    const user = state.user(name);
    if (user === undefined) return refused('UserNotFound');
    if (!user.roles.includes(role)) return refused('RoleNotGranted');
    state.putUser(withoutRole(user, role));
    state.commitRevision();
    logger.info('revoked a role from a user', fields);
    return DONE;
  }

  /** The user's roles. */
  get(name: string): AuthOutcome<readonly string[]> {
    const user = this.#parts.state.user(name);
    return user === undefined ? refused('UserNotFound') : granted(user.roles);
  }

  list(): string[] {
    return this.#parts.state.users().map((user) => user.name);
  }

  #selectHash({ password, hashedPassword }: PasswordEntry): Uint8Array | undefined {
    if (password !== '' && hashedPassword === '') return this.#parts.hashNow(password);
    // Node ignores what is no base64, where Go refuses it: members must judge alike.
    if (!BASE64.test(hashedPassword)) return undefined;
    return Buffer.from(hashedPassword, 'base64');
  }
}

export function withoutRole(user: User, role: string): User {
  return { ...user, roles: user.roles.filter((name) => name !== role) };
}

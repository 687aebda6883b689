import { asBuffer, compareBytes } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import { DONE, granted, refused } from './auth-failure.js';
import type { AuthOutcome } from './auth-failure.js';
import type { AuthState } from './auth-state.js';
import { isGrantable, isSameRange, ROOT_PERMISSION } from './role.js';
import type { Permission } from './role.js';
import { withoutRole } from './user-administration.js';
import { ROOT_ROLE } from './user.js';

/** Changes of roles, as entries of the log ask for them. */
export class RoleAdministration {
  readonly #state: AuthState;
  readonly #logger: Logger;

  constructor(state: AuthState, logger: Logger) {
    this.#state = state;
    this.#logger = logger;
  }

  add(name: string): AuthOutcome {
    if (name === '') return refused('RoleEmpty');
    if (this.#state.role(name) !== undefined) return refused('RoleAlreadyExist');
    this.#state.putRole({ name, permissions: [] });
    this.#state.commitRevision();
    this.#logger.info('created a role', { 'role-name': name });
    return DONE;
  }

  /** Takes the role from every user who has it. */
  delete(name: string): AuthOutcome {
    if (this.#state.enabled && name === ROOT_ROLE) {
      this.#logger.error("cannot delete 'root' role", { 'role-name': name });
      return refused('InvalidAuthMgmt');
    }
    if (this.#state.role(name) === undefined) return refused('RoleNotFound');
    this.#state.deleteRole(name);
    for (const user of this.#state.users()) {
      if (user.roles.includes(name)) this.#state.putUser(withoutRole(user, name));
    }
    this.#state.commitRevision();
    this.#logger.info('deleted a role', { 'role-name': name });
    return DONE;
  }

  /** A new permission, or another type for one of the same key and range end. */
  grantPermission(name: string, permission: Permission | undefined): AuthOutcome {
    if (permission === undefined) return refused('PermissionNotGiven');
    if (!isGrantable(permission)) return refused('InvalidAuthMgmt');
    const role = this.#state.role(name);
    if (role === undefined) return refused('RoleNotFound');
    this.#state.putRole({ name, permissions: withPermission(role.permissions, permission) });
    this.#state.commitRevision();
    this.#logger.info('granted/updated a permission to a user', {
      'user-name': name,
      'permission-name': permission.type,
      ...rangeFields(permission),
    });
    return DONE;
  }

  /** Key and range end must be those of a grant: a part of one cannot be taken back. */
  revokePermission(name: string, range: Pick<Permission, 'key' | 'rangeEnd'>): AuthOutcome {
    const role = this.#state.role(name);
    if (role === undefined) return refused('RoleNotFound');
    const permissions = role.permissions.filter((permission) => !isSameRange(permission, range));
    if (permissions.length === role.permissions.length) return refused('PermissionNotGranted');
    this.#state.putRole({ name, permissions });
    this.#state.commitRevision();
    const fields = { 'role-name': name, ...rangeFields(range) };
    this.#logger.info('revoked a permission on range', fields);
    return DONE;
  }

  get(name: string): AuthOutcome<readonly Permission[]> {
    const role = this.#state.role(name);
    if (role === undefined) return refused('RoleNotFound');
    return granted(name === ROOT_ROLE ? [ROOT_PERMISSION] : role.permissions);
  }

  list(): string[] {
    return this.#state.roles().map((role) => role.name);
  }
}

/**
 * Only the first permission with this key is compared, as in etcd: of several with one key and
 * different ends, a later one is added a second time instead of being updated. Every member must
 * store the same, whichever program it runs.
 */
function withPermission(all: readonly Permission[], added: Permission): readonly Permission[] {
  const at = all.findIndex(({ key }) => compareBytes(key, added.key) >= 0);
  const found = at < 0 ? undefined : all[at];
  if (found !== undefined && isSameRange(found, added)) return all.with(at, added);
  return [...all, added].sort((a, b) => compareBytes(a.key, b.key));
}

function rangeFields({ key, rangeEnd }: Pick<Permission, 'key' | 'rangeEnd'>): {
  readonly key: string;
  readonly 'range-end': string;
} {
  return {
    key: asBuffer(key).toString('utf8'),
    'range-end': asBuffer(rangeEnd).toString('utf8'),
  };
}

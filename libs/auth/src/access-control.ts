import { EMPTY_BYTES } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import type { AuthFailure } from './auth-failure.js';
import type { AuthState } from './auth-state.js';
import { intervalOf } from './user-permissions.js';
import { hasRootRole, NOBODY } from './user.js';
import type { AuthInfo } from './user.js';

/**
 * Who may do what to which keys. Every answer is a function of the replicated state and the
 * arguments: the same questions are asked again when an entry is applied, where all members must
 * come to the same answer. `undefined` is yes; all of it is yes while authentication is disabled.
 */
export class AccessControl {
  readonly #state: AuthState;
  readonly #logger: Logger;

  constructor(state: AuthState, logger: Logger) {
    this.#state = state;
    this.#logger = logger;
  }

  isPutPermitted(info: AuthInfo, key: Uint8Array): AuthFailure | undefined {
    return this.#isPermitted(info, key, EMPTY_BYTES, 'write');
  }

  isRangePermitted(info: AuthInfo, key: Uint8Array, rangeEnd: Uint8Array): AuthFailure | undefined {
    return this.#isPermitted(info, key, rangeEnd, 'read');
  }

  isDeleteRangePermitted(
    info: AuthInfo,
    key: Uint8Array,
    rangeEnd: Uint8Array,
  ): AuthFailure | undefined {
    return this.#isPermitted(info, key, rangeEnd, 'write');
  }

  /** Of any revision: as in etcd, an administrator's token does not get old. */
  isAdminPermitted(info: AuthInfo | undefined): AuthFailure | undefined {
    if (!this.#state.enabled) return undefined;
    if (info === undefined || info.username === '') return 'UserEmpty';
    const user = this.#state.user(info.username);
    if (user === undefined) return 'UserNotFound';
    return hasRootRole(user) ? undefined : 'PermissionDenied';
  }

  /** For requests that any user may make, but nobody without a name. */
  isAnyonePermitted(info: AuthInfo | undefined): AuthFailure | undefined {
    return this.#state.enabled && info === undefined ? 'UserEmpty' : undefined;
  }

  /** Everybody may look at themselves. */
  isUserGetPermitted(info: AuthInfo = NOBODY, name: string): AuthFailure | undefined {
    const failure = this.isAdminPermitted(info);
    return failure !== undefined && name === info.username ? undefined : failure;
  }

  /** Everybody may look at the roles they have. */
  isRoleGetPermitted(info: AuthInfo = NOBODY, role: string): AuthFailure | undefined {
    const failure = this.isAdminPermitted(info);
    const user = this.#state.user(info.username);
    return failure !== undefined && user?.roles.includes(role) === true ? undefined : failure;
  }

  /**
   * While something was read for `info`, did the permissions change? Then what was read must not
   * be answered: it may have been forbidden when it was read.
   */
  isStillPermitted(info: AuthInfo | undefined): AuthFailure | undefined {
    if (info === undefined || info.revision === 0) return undefined;
    return info.revision === this.#state.revision ? undefined : 'AuthOldRevision';
  }

  #isPermitted(
    { username, revision }: AuthInfo,
    key: Uint8Array,
    rangeEnd: Uint8Array,
    access: 'read' | 'write',
  ): AuthFailure | undefined {
    if (!this.#state.enabled) return undefined;
    if (revision === 0) return 'UserEmpty';
    if (revision < this.#state.revision) {
      this.#logger.debug('request auth revision is less than current node auth revision', {
        'current node auth revision': this.#state.revision,
        'request auth revision': revision,
        'user-name': username,
      });
      return 'AuthOldRevision';
    }
    const user = this.#state.user(username);
    if (user === undefined) {
      this.#logger.debug('cannot find a user for permission check', { 'user-name': username });
      return 'PermissionDenied';
    }
    if (hasRootRole(user)) return undefined;
    const permitted = this.#state.permissionsOf(username)?.[access];
    // No key is empty. Whoever asks for one anyway must not get "from the smallest key on".
    if (permitted === undefined || key.length === 0) return 'PermissionDenied';
    const asked = intervalOf(key, rangeEnd);
    return permitted.covers(asked) ? undefined : 'PermissionDenied';
  }
}

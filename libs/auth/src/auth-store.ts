import type { Logger } from '@etcd-ts/foundation';
import { AccessControl } from './access-control.js';
import { DONE, granted, refused } from './auth-failure.js';
import type { AuthOutcome } from './auth-failure.js';
import type { AuthBuckets } from './auth-records.js';
import { AuthState } from './auth-state.js';
import type { CallCredentials } from './call-credentials.js';
import { RequestAccess } from './request-access.js';
import type { KeysOfLease } from './request-access.js';
import { RoleAdministration } from './role-administration.js';
import type { Login, TokenProvider } from './token-provider.js';
import { UserAdministration } from './user-administration.js';
import { hasRootRole, ROOT_USER } from './user.js';
import type { AuthInfo } from './user.js';

export interface AuthStoreParts {
  readonly buckets: AuthBuckets;
  readonly tokens: TokenProvider;
  readonly keysOfLease: KeysOfLease;
  /** See UserAdministrationParts. */
  readonly hashNow: (password: string) => Uint8Array;
  readonly logger: Logger;
}

export type Identity = AuthOutcome<AuthInfo | undefined>;

/** What to compare a password with. */
export interface PasswordQuestion {
  readonly passwordHash: Uint8Array;
  /** The auth revision the hash belongs to: if it is another one later, ask again. */
  readonly revision: number;
}

/**
 * Authentication and authorisation of one member: the replicated users, roles and permissions, and
 * what follows from them. `load` before anything else. Changes come from applied entries; whether
 * the sender may make them has to be asked first (`access`).
 */
export class AuthStore {
  readonly users: UserAdministration;
  readonly roles: RoleAdministration;
  readonly access: AccessControl;
  readonly requests: RequestAccess;
  readonly #state: AuthState;
  readonly #tokens: TokenProvider;
  readonly #logger: Logger;

  constructor({ buckets, tokens, keysOfLease, hashNow, logger }: AuthStoreParts) {
    const state = new AuthState(buckets);
    this.#state = state;
    this.#tokens = tokens;
    this.#logger = logger;
    this.users = new UserAdministration({
      state,
      logger,
      hashNow,
      invalidateUser: (name) => tokens.invalidateUser(name),
    });
    this.roles = new RoleAdministration(state, logger);
    this.access = new AccessControl(state, logger);
    this.requests = new RequestAccess(this.access, keysOfLease);
  }

  /**
   * Replaces all state by the buckets': after a start, and after a snapshot replaced them. What
   * happened in between is not known then: a password may have been changed, so no token stays.
   */
  load(): void {
    const before = this.#state.revision;
    this.#state.load();
    if (!this.#state.enabled || this.#state.revision !== before) this.#tokens.disable();
    if (this.#state.enabled) this.#tokens.enable();
  }

  get enabled(): boolean {
    return this.#state.enabled;
  }

  /** Counts the changes of users and roles, and every disabling. */
  get revision(): number {
    return this.#state.revision;
  }

  /** Another number after any change, enabling and loading included, and never the same again. */
  get generation(): number {
    return this.#state.generation;
  }

  /** The member itself, for what it proposes on its own account (an expired lease's revocation). */
  asRoot(): AuthInfo {
    return { username: ROOT_USER, revision: this.#state.revision };
  }

  /**
   * Who makes a call; undefined: nobody in particular, or authentication is disabled. At once
   * wherever possible, for it is asked with every call.
   */
  identify({ token, commonName }: CallCredentials): Identity | Promise<Identity> {
    if (!this.#state.enabled) return ANYBODY;
    if (token === undefined) return granted(this.#infoOf(commonName));
    const found = this.#tokens.identify(token, this.#state.revision);
    return found instanceof Promise ? found.then(identityOf) : identityOf(found);
  }

  /** Without effect if it is enabled already. The auth revision stays. */
  enable(): AuthOutcome {
    if (this.#state.enabled) {
      this.#logger.info('authentication is already enabled; ignored auth enable request');
      return DONE;
    }
    const root = this.#state.user(ROOT_USER);
    if (root === undefined) return refused('RootUserNotExist');
    if (!hasRootRole(root)) return refused('RootRoleNotExist');
    this.#state.setEnabled(true);
    this.#tokens.enable();
    this.#logger.info('enabled authentication');
    return DONE;
  }

  disable(): void {
    if (!this.#state.enabled) return;
    this.#state.setEnabled(false);
    this.#state.commitRevision();
    this.#tokens.disable();
    this.#logger.info('disabled authentication');
  }

  /**
   * First step of a login, outside the log: comparing takes long and must not happen in an apply.
   * An unknown user and a wrong password look the same to the client.
   */
  passwordOf(username: string): AuthOutcome<PasswordQuestion> {
    if (!this.#state.enabled) return refused('AuthNotEnabled');
    const user = this.#state.user(username);
    if (user === undefined) return refused('AuthFailed');
    if (user.noPassword === true) return refused('NoPasswordUser');
    return granted({ passwordHash: user.passwordHash, revision: this.#state.revision });
  }

  /**
   * Second step, as the log entry is applied: the password was checked by whoever proposed it, who
   * looks afterwards whether the auth revision is still the one it was checked at.
   */
  logIn(login: Login): AuthOutcome {
    if (!this.#state.enabled) return refused('AuthNotEnabled');
    const user = this.#state.user(login.username);
    if (user === undefined || user.noPassword === true) return refused('AuthFailed');
    this.#tokens.loggedIn(login);
    return DONE;
  }

  /** A certificate without a name is nobody's, where etcd takes it for a user called "". */
  #infoOf(commonName: string | undefined): AuthInfo | undefined {
    if (commonName === undefined || commonName === '') return undefined;
    return { username: commonName, revision: this.#state.revision };
  }
}

const ANYBODY: Identity = granted(undefined);

function identityOf(info: AuthInfo | undefined): Identity {
  return info === undefined ? refused('InvalidAuthToken') : granted(info);
}

import type { AuthFailure, AuthStore, TokenProvider } from '@etcd-ts/auth';
import { equalBytes } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';
import { authError } from './auth-error.js';
import type { LimitedLog } from './limited-log.js';
import type { LoginThrottle } from './login-throttle.js';
import type { Passwords } from './passwords.js';
import { shownName } from './shown-name.js';

/** How often users and roles may change while one login is under way before it is given up. */
const MAX_ROUNDS = 10;

export interface PasswordLoginParts {
  readonly auth: AuthStore;
  readonly tokens: TokenProvider;
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  readonly log: LimitedLog;
  /** Resolves when this member has applied all that was committed when it was called. */
  readonly readIndex: () => Promise<void>;
  /**
   * Proposes InternalAuthenticateRequest{name, simpleToken} (never the password) and resolves with
   * the index it was applied at; rejects with what the apply refused.
   */
  readonly propose: (name: string, simpleToken: string) => Promise<number>;
}

export interface LoginAttempt {
  readonly name: string;
  readonly password: string;
  /** Where it comes from, without a port. */
  readonly address: string;
  /** Aborts when nobody waits any more. */
  readonly signal: AbortSignal;
}

/**
 * A login with a password, as etcd does it in two steps: the password is compared by the member
 * that was asked, outside the log (which must neither hold it nor wait for bcrypt); then an entry
 * without it makes the token on every member.
 */
export class PasswordLogin {
  readonly #parts: PasswordLoginParts;

  constructor(parts: PasswordLoginParts) {
    this.#parts = parts;
  }

  /** The token. Throws EtcdError. */
  async authenticate(attempt: LoginAttempt): Promise<string> {
    const { auth, tokens, readIndex, propose } = this.#parts;
    this.#admit(attempt);
    await readIndex();
    let checked: Uint8Array | undefined;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const question = auth.passwordOf(attempt.name);
      if (question.kind === 'refused') throw this.#refusal(attempt, question.failure);
      const { passwordHash, revision } = question.value;
      if (checked === undefined || !equalBytes(checked, passwordHash)) {
        await this.#compare(attempt, passwordHash);
        checked = passwordHash;
      }
      const tokenPrefix = tokens.newPrefix();
      const index = await propose(attempt.name, tokenPrefix);
      // Between the comparison and the entry the password may have been changed, and the token just
      // made would outlive it: only if nothing at all has changed may the client have it.
      if (auth.revision === revision) {
        return this.#issue({ username: attempt.name, tokenPrefix, index }, revision);
      }
    }
    throw ERRORS.AuthOldRevision.error();
  }

  async #compare(attempt: LoginAttempt, passwordHash: Uint8Array): Promise<void> {
    const { passwords, throttle } = this.#parts;
    const { name, password, address, signal } = attempt;
    // Asked a second time when the turn comes: of a thousand guesses that arrived together, and were
    // all admitted, the first few wrong ones end the rest.
    const admitted = (): boolean => throttle.admits(name, address);
    switch (await passwords.compare(password, passwordHash, admitted, signal)) {
      case 'equal':
        return;
      case 'different':
        throw this.#refusal(attempt, 'AuthFailed');
      case 'notAdmitted':
        throw ERRORS.RequestTooManyRequests.error();
    }
  }

  #admit({ name, address }: LoginAttempt): void {
    if (this.#parts.throttle.admits(name, address)) return;
    throw ERRORS.RequestTooManyRequests.error();
  }

  async #issue(login: Parameters<TokenProvider['issue']>[0], revision: number): Promise<string> {
    const issued = await this.#parts.tokens.issue(login, revision);
    if (issued.kind === 'ok') return issued.token;
    throw authError(issued.kind === 'verifyOnly' ? 'VerifyOnly' : 'AuthFailed');
  }

  #refusal({ name, address }: LoginAttempt, failure: AuthFailure): Error {
    const { throttle, log } = this.#parts;
    const error = authError(failure);
    if (failure === 'AuthNotEnabled') return error;
    throttle.failed(name, address);
    const fields = { user: shownName(name), 'remote-address': address, error: error.message };
    log.warn('invalid authentication was requested', fields);
    return error;
  }
}

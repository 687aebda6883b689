import type { AuthInfo } from './user.js';

/** A login that went through the log: equal on every member. */
export interface Login {
  readonly username: string;
  /** What the member that was asked put into the log entry. */
  readonly tokenPrefix: string;
  /** The entry's index. */
  readonly index: number;
}

export type IssuedToken =
  | { readonly kind: 'ok'; readonly token: string }
  /** `verifyOnly`: this member has only the public key. `none`: there are no tokens at all. */
  | { readonly kind: 'verifyOnly' | 'none' };

/** One kind of token (--auth-token). */
export interface TokenProvider {
  /** Authentication is enabled, or was found to be. */
  enable(): void;
  /** Authentication is disabled: tokens kept here are void. */
  disable(): void;
  /** The user is gone or has another password: tokens kept here are void. */
  invalidateUser(username: string): void;
  /** Goes into the log entry of a login; empty where the log does not make the tokens. */
  newPrefix(): string;
  /** On every member, as the entry of a login is applied. */
  loggedIn(login: Login): void;
  /** On the member that was asked: the token for its client. `revision` is the auth store's. */
  issue(login: Login, revision: number): IssuedToken | Promise<IssuedToken>;
  /** Whose token it is; undefined: nobody's, any more or ever. `revision` as above. */
  identify(token: string, revision: number): AuthInfo | undefined | Promise<AuthInfo | undefined>;
}

/** `--auth-token=''`: nobody can log in with a password. */
export const NO_TOKENS: TokenProvider = Object.freeze({
  enable: () => undefined,
  disable: () => undefined,
  invalidateUser: () => undefined,
  newPrefix: () => '',
  loggedIn: () => undefined,
  issue: () => ({ kind: 'none' }) as const,
  identify: () => undefined,
});

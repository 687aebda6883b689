import { must } from '@etcd-ts/foundation';
import type { Clock } from '@etcd-ts/foundation';
import type { IssuedToken, Login, TokenProvider } from './token-provider.js';
import type { AuthInfo } from './user.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** 91 bits: not to be guessed in the life of a token. */
const PREFIX_LETTERS = 16;
const TOKEN = /^[^.]*\.(\d{1,20})$/;
/** What etcd takes for a TTL that is none. */
const DEFAULT_TTL_SECONDS = 300;

/**
 * A login costs a bcrypt comparison and a log entry, so that one member makes a few dozen tokens a
 * second; this is room for an hour of that. Beyond it the one unused longest goes.
 */
const MAX_TOKENS = 100_000;

export interface SimpleTokensOptions {
  readonly clock: Clock;
  /** --auth-token-ttl; 0 and less: etcd's default. */
  readonly ttlSeconds: number;
  /** Uniform integer in [0, limit) that nobody can predict: tokens are made of it. */
  readonly secureBelow: (limit: number) => number;
  /**
   * `true` if this member has applied the entry; otherwise settles when it has (true) or when it is
   * not worth waiting any longer (false). Bounded by the owner in time and number.
   */
  readonly applied: (index: number) => true | Promise<boolean>;
}

interface Bearer {
  readonly username: string;
  readonly expiresMs: number;
}

/**
 * Tokens that are remembered: "letters.index", made by the log entry of a login on every member
 * alike, and void after a time without use, on each member by its own clock. They are not part of
 * the replicated state: no decision of an apply may depend on them.
 */
export class SimpleTokens implements TokenProvider {
  readonly #options: SimpleTokensOptions;
  readonly #ttlMs: number;
  /** In the order of their last use, so that expired ones are found at the front. */
  readonly #bearers = new Map<string, Bearer>();
  #enabled = false;

  constructor(options: SimpleTokensOptions) {
    this.#options = options;
    const { ttlSeconds } = options;
    this.#ttlMs = (ttlSeconds > 0 ? ttlSeconds : DEFAULT_TTL_SECONDS) * 1000;
  }

  /** Tokens remembered, expired ones included that nobody has asked for since. */
  get size(): number {
    return this.#bearers.size;
  }

  enable(): void {
    this.#enabled = true;
  }

  disable(): void {
    this.#enabled = false;
    this.#bearers.clear();
  }

  invalidateUser(username: string): void {
    for (const [token, bearer] of this.#bearers) {
      if (bearer.username === username) this.#bearers.delete(token);
    }
  }

  newPrefix(): string {
    let prefix = '';
    while (prefix.length < PREFIX_LETTERS) {
      const letter = LETTERS[this.#options.secureBelow(LETTERS.length)];
      prefix += must(letter, 'a random number beyond its limit');
    }
    return prefix;
  }

  loggedIn(login: Login): void {
    if (!this.#enabled) return;
    this.expire();
    this.#remember(tokenOf(login), login.username);
  }

  issue(login: Login): IssuedToken {
    return { kind: 'ok', token: tokenOf(login) };
  }

  /**
   * A token from another member may be asked about before the entry that makes it is applied here:
   * then, and only then, there is something to wait for.
   */
  identify(token: string, revision: number): AuthInfo | undefined | Promise<AuthInfo | undefined> {
    const known = this.#use(token, revision);
    if (known !== undefined) return known;
    const index = Number(TOKEN.exec(token)?.[1] ?? NaN);
    if (!Number.isSafeInteger(index)) return undefined;
    const applied = this.#options.applied(index);
    if (applied === true) return undefined;
    return applied.then((isApplied) => (isApplied ? this.#use(token, revision) : undefined));
  }

  /** Forgets tokens that are void by time: to be called now and then, or memory grows. */
  expire(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [token, { expiresMs }] of this.#bearers) {
      if (expiresMs > nowMs) return;
      this.#bearers.delete(token);
    }
  }

  #use(token: string, revision: number): AuthInfo | undefined {
    const bearer = this.#bearers.get(token);
    if (bearer === undefined) return undefined;
    this.#bearers.delete(token);
    if (bearer.expiresMs <= this.#options.clock.monotonicMs()) return undefined;
    this.#remember(token, bearer.username);
    return { username: bearer.username, revision };
  }

  #remember(token: string, username: string): void {
    const expiresMs = this.#options.clock.monotonicMs() + this.#ttlMs;
    this.#bearers.delete(token);
    this.#bearers.set(token, { username, expiresMs });
    if (this.#bearers.size <= MAX_TOKENS) return;
    for (const oldest of this.#bearers.keys()) {
      this.#bearers.delete(oldest);
      return;
    }
  }
}

function tokenOf({ tokenPrefix, index }: Login): string {
  return `${tokenPrefix}.${index}`;
}

import type { AuthInfo, IssuedToken, Login, TokenProvider } from '@etcd-ts/auth';
import type { Clock } from '@etcd-ts/foundation';
import { errors, jwtVerify, SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import type { LimitedLog } from './limited-log.js';
import type { JwtKeys } from './jwt-keys.js';

/**
 * Verified tokens remembered: verifying takes a tenth of a millisecond and a trip through the thread
 * pool, and the same token comes with every call of its client.
 */
const MAX_REMEMBERED = 1_000;
/** Ours have some 300 bytes; whatever comes with a signature of the largest RSA key fits as well. */
const MAX_TOKEN_LENGTH = 8 * 1024;
/** Three parts in base64url: of anything else the library may throw what is no refusal. */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/u;

interface Verified {
  readonly info: AuthInfo;
  /** By the wall clock; Infinity: the token does not say. */
  readonly expiresMs: number;
}

export interface JsonWebTokensOptions {
  readonly keys: JwtKeys;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly log: LimitedLog;
}

/**
 * Tokens that members believe because of their signature: nothing is kept, so nothing can be taken
 * back before its time, except that a token carries the auth revision of its login and is old once
 * users or roles have changed.
 */
export class JsonWebTokens implements TokenProvider {
  readonly #options: JsonWebTokensOptions;
  /** In the order of their last use. */
  readonly #verified = new Map<string, Verified>();

  constructor(options: JsonWebTokensOptions) {
    this.#options = options;
  }

  enable(): void {}

  disable(): void {}

  invalidateUser(): void {}

  newPrefix(): string {
    return '';
  }

  loggedIn(): void {}

  async issue({ username }: Login, revision: number): Promise<IssuedToken> {
    const { keys, ttlMs, clock } = this.#options;
    if (keys.signing === undefined) return { kind: 'verifyOnly' };
    const token = await new SignJWT({ username, revision })
      .setProtectedHeader({ alg: keys.algorithm, typ: 'JWT' })
      .setExpirationTime(Math.floor((clock.wallMs() + ttlMs) / 1000))
      .sign(keys.signing);
    return { kind: 'ok', token };
  }

  identify(token: string): AuthInfo | undefined | Promise<AuthInfo | undefined> {
    const known = this.#verified.get(token);
    if (known === undefined) return this.#verify(token);
    this.#verified.delete(token);
    if (known.expiresMs <= this.#options.clock.wallMs()) return undefined;
    this.#verified.set(token, known);
    return known.info;
  }

  /** Exactly the one algorithm that is configured: a token's own word on it counts for nothing. */
  async #verify(token: string): Promise<AuthInfo | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) return this.#refuse('it is too long');
    if (!FORM.test(token)) return this.#refuse('it has not the form of a token');
    const { keys, clock } = this.#options;
    try {
      const { payload } = await jwtVerify(token, keys.verifying, {
        algorithms: [keys.algorithm],
        currentDate: new Date(clock.wallMs()),
      });
      return this.#accept(token, payload);
    } catch (error) {
      // Only these are about the token. Their texts name what is wrong with it and do not quote it.
      if (error instanceof errors.JOSEError) return this.#refuse(error.message);
      throw error;
    }
  }

  #accept(token: string, { username, revision, exp }: JWTPayload): AuthInfo | undefined {
    if (typeof username !== 'string') return this.#refuse('it names no user');
    // etcd cuts off fractions, and a negative number turns into a revision of the far future.
    if (typeof revision !== 'number' || !(revision >= 0 && revision <= Number.MAX_SAFE_INTEGER)) {
      return this.#refuse('it has no auth revision');
    }
    const info = { username, revision: Math.floor(revision) };
    const expiresMs = exp === undefined ? Infinity : exp * 1000;
    this.#verified.set(token, { info, expiresMs });
    if (this.#verified.size > MAX_REMEMBERED) {
      for (const oldest of this.#verified.keys()) {
        this.#verified.delete(oldest);
        break;
      }
    }
    return info;
  }

  #refuse(reason: string): undefined {
    this.#options.log.warn('failed to parse a JWT token', { error: reason });
  }
}

import type { AuthInfo, AuthStore } from '@etcd-ts/auth';
import { authError } from '@etcd-ts/credentials';
import { equalBytes } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';
import type { EtcdError } from '@etcd-ts/wire-protocol';

import type { WatchPermission } from '../etcd-server.js';
import { refuse } from './caller.js';
import type { Caller } from './caller.js';

/** Resolves with what has to be asked again before every delivery; rejects when it is refused. */
export async function permitWatch(
  auth: AuthStore,
  caller: Caller,
  key: Uint8Array,
  rangeEnd: Uint8Array,
): Promise<WatchPermission> {
  const info = await caller.identify();
  if (auth.enabled) {
    refuse(auth.access.isRangePermitted(info ?? { username: '', revision: 0 }, key, rangeEnd));
  }
  return new StandingPermission(auth, info, key, rangeEnd);
}

/**
 * The right of a running watch, which lasts for days: what a user may read ends with the role, the
 * user or the password it came by, and not only for the next request. (etcd asks once.) That a token
 * runs out is another matter: it only says that nobody has logged in since.
 */
class StandingPermission implements WatchPermission {
  readonly #auth: AuthStore;
  readonly #username: string;
  readonly #key: Uint8Array;
  readonly #rangeEnd: Uint8Array;
  readonly #passwordHash: Uint8Array | undefined;
  #generation: number;

  constructor(auth: AuthStore, info: AuthInfo | undefined, key: Uint8Array, rangeEnd: Uint8Array) {
    this.#auth = auth;
    this.#username = info?.username ?? '';
    this.#key = key;
    this.#rangeEnd = rangeEnd;
    this.#passwordHash = this.#currentHash();
    this.#generation = auth.generation;
  }

  refusal(): EtcdError | undefined {
    const { generation, enabled, revision, access } = this.#auth;
    if (generation === this.#generation) return undefined;
    if (enabled) {
      if (this.#username === '') return ERRORS.UserEmpty.error();
      const info = { username: this.#username, revision };
      const failure = access.isRangePermitted(info, this.#key, this.#rangeEnd);
      if (failure !== undefined) return authError(failure);
      if (!sameHash(this.#passwordHash, this.#currentHash())) {
        return ERRORS.InvalidAuthToken.error();
      }
    }
    this.#generation = generation;
    return undefined;
  }

  /** Undefined for users without a password, whom their certificate names. */
  #currentHash(): Uint8Array | undefined {
    const question = this.#auth.passwordOf(this.#username);
    return question.kind === 'ok' ? question.value.passwordHash : undefined;
  }
}

function sameHash(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equalBytes(a, b);
}

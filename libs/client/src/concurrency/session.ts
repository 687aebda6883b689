import type { CallOptions } from '@etcd-ts/rpc';
import type { Bytes } from '../kv/key-range.js';
import type { Integer } from '../kv/requests.js';
import type { LeaseKeeper } from '../lease/lease-keeper.js';
import type { Leases } from '../lease/leases.js';
import type { Namespaced } from '../namespaced.js';
import { Election } from './election.js';
import { Lock } from './lock.js';
import { placeKey } from './turn.js';

export interface SessionOptions extends CallOptions {
  /** How long what the session holds outlives a client that vanished. Default: 60. */
  readonly ttlSeconds?: Integer;
  /** A lease that exists; default: a new one. */
  readonly lease?: Integer;
}

const DEFAULT_TTL_SECONDS = 60;

/** A lease that is kept alive as long as the session: what locks and leaderships hang on. */
export class Session {
  readonly lease: bigint;
  /** Aborts when the lease is gone or the session is closed: what was held by it is not any more. */
  readonly lost: AbortSignal;
  readonly #client: Namespaced;
  readonly #leases: Leases;
  readonly #keeper: LeaseKeeper;
  readonly #lost: AbortController;

  static async open(client: Namespaced, options: SessionOptions = {}): Promise<Session> {
    const { lease, ttlSeconds = DEFAULT_TTL_SECONDS } = options;
    const { ID, TTL } =
      lease === undefined
        ? await client.lease.grant(ttlSeconds, options)
        : { ID: BigInt(lease), TTL: (await client.lease.keepAliveOnce(lease, options)).TTL };
    return new Session(client, ID, TTL);
  }

  private constructor(client: Namespaced, lease: bigint, ttlSeconds: bigint) {
    this.#client = client;
    this.#leases = client.lease;
    this.lease = lease;
    this.#lost = new AbortController();
    this.lost = this.#lost.signal;
    this.#keeper = client.lease.keepAlive(lease, ttlSeconds);
    this.#keeper.ended.then(
      () => this.#lost.abort(new SessionLostError(lease)),
      (error: unknown) => this.#lost.abort(new SessionLostError(lease, { cause: error })),
    );
  }

  lock(name: Bytes): Lock {
    return new Lock(this.#client, this, name);
  }

  election(name: Bytes): Election {
    return new Election(this.#client, this, name);
  }

  /** Revokes the lease, and with it what the session holds. */
  async close(options: CallOptions = {}): Promise<void> {
    this.#keeper.stop();
    await this.#leases.revoke(this.lease, options);
  }

  /** Lets the lease live for the rest of its time. */
  orphan(): void {
    this.#keeper.stop();
  }

  /** The part of a key that is this session's own. */
  keyOf(name: Bytes): Buffer {
    return placeKey(name, this.lease);
  }
}

/** The lease of a session is gone; whatever was held by it may be somebody else's by now. */
export class SessionLostError extends Error {
  override readonly name = 'SessionLostError';
  readonly lease: bigint;

  constructor(lease: bigint, options?: ErrorOptions) {
    super(`session lost: lease ${lease.toString(16)} is gone`, options);
    this.lease = lease;
  }
}

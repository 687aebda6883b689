import type { CallOptions, ServiceClient } from '@etcd-ts/rpc';
import type {
  LeaseDefinition,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeResponse,
  LeaseTimeToLiveResponse,
} from '@etcd-ts/wire-protocol';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { KeySpace } from '../kv/key-space.js';
import type { Integer } from '../kv/requests.js';
import { LeaseKeeper } from './lease-keeper.js';

/** Time to live of keys: what is put with a lease goes when the lease does. */
export class Leases {
  readonly #calls: ServiceClient<LeaseDefinition>;
  readonly #space: KeySpace;

  constructor(calls: ServiceClient<LeaseDefinition>, space: KeySpace) {
    this.#calls = calls;
    this.#space = space;
  }

  /** `id`: default, the server picks one. The answer's TTL may be longer than what was asked for. */
  grant(
    ttlSeconds: Integer,
    options: CallOptions & { readonly id?: Integer } = {},
  ): Promise<LeaseGrantResponse> {
    return this.#calls.leaseGrant(
      { TTL: BigInt(ttlSeconds), ID: BigInt(options.id ?? 0) },
      options,
    );
  }

  /** And all its keys, at one revision. */
  revoke(id: Integer, options: CallOptions = {}): Promise<LeaseRevokeResponse> {
    return this.#calls.leaseRevoke({ ID: BigInt(id) }, options);
  }

  /** A lease that does not exist has a TTL of -1. */
  async timeToLive(
    id: Integer,
    options: CallOptions & { readonly keys?: boolean } = {},
  ): Promise<LeaseTimeToLiveResponse> {
    const { keys = false } = options;
    const answer = await this.#calls.leaseTimeToLive({ ID: BigInt(id), keys }, options);
    const { prefix } = this.#space;
    if (prefix.length === 0) return answer;
    // A lease may have keys outside the namespace, which are nobody's business here.
    const own = answer.keys.filter((key) => key.subarray(0, prefix.length).equals(prefix));
    return { ...answer, keys: own.map((key) => this.#space.inward(key)) };
  }

  list(options: CallOptions = {}): Promise<LeaseLeasesResponse> {
    return this.#calls.leaseLeases({}, options);
  }

  /** TTL 0: the lease is gone. */
  async keepAliveOnce(id: Integer, options: CallOptions = {}): Promise<LeaseKeepAliveResponse> {
    const stream = this.#calls.leaseKeepAlive(options);
    await stream.write({ ID: BigInt(id) });
    for await (const answer of stream) return answer;
    throw new EtcdError({ code: GrpcStatus.Unavailable, message: 'the stream ended unanswered' });
  }

  /** Renews the lease from now on; see LeaseKeeper. `ttlSeconds`: as granted. */
  keepAlive(id: Integer, ttlSeconds: Integer, signal?: AbortSignal): LeaseKeeper {
    return new LeaseKeeper(this.#calls, BigInt(id), Number(ttlSeconds), signal);
  }
}

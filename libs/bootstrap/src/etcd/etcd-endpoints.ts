import { must } from '@etcd-ts/foundation';
import type { CallOptions, Connection } from '@etcd-ts/rpc';
import { AuthDefinition, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { ClientSecurity, Keepalive } from './client-security.js';
import { openConnection } from './client-security.js';

export interface EtcdEndpointsOptions {
  /** `host:port` or URLs; at least one. */
  readonly endpoints: readonly string[];
  readonly security: ClientSecurity;
  /** Empty: no authentication. */
  readonly user: string;
  readonly password: string;
  /** The first request of a connection gets this much more. */
  readonly dialTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly keepalive: Keepalive;
}

interface Endpoint {
  readonly connection: Connection;
  isUsed: boolean;
  /** Of Authenticate; undefined: not asked for yet. */
  token: string | undefined;
}

/** Errors of the endpoint rather than of the request: another endpoint may do better. */
const ELSEWHERE: ReadonlySet<number> = new Set([
  GrpcStatus.Unavailable,
  GrpcStatus.DeadlineExceeded,
  GrpcStatus.Unknown,
]);

export type Send<Result> = (connection: Connection, options: CallOptions) => Promise<Result>;

/** The members of one etcd cluster, asked one after the other until one answers. */
export class EtcdEndpoints {
  readonly #options: EtcdEndpointsOptions;
  readonly #endpoints: readonly Endpoint[];
  #current = 0;

  constructor(options: EtcdEndpointsOptions) {
    this.#options = options;
    this.#endpoints = options.endpoints.map((endpoint) => ({
      connection: openConnection(endpoint, options.security, options.keepalive),
      isUsed: false,
      token: undefined,
    }));
  }

  /**
   * Rejects with the EtcdError of the last try. A request that failed on one endpoint may have
   * worked there all the same, and is sent to the next: it must be one that can be repeated.
   */
  async request<Result>(send: Send<Result>, signal?: AbortSignal): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ask(this.#endpoint(), send, signal);
      } catch (error) {
        const isElsewhere = error instanceof EtcdError && ELSEWHERE.has(error.code);
        if (!isElsewhere) throw error;
        this.useNext();
        if (tries >= this.#endpoints.length || signal?.aborted === true) throw error;
      }
    }
  }

  /** For streams: the connection that answered last, and what a call on it needs. */
  async stream(signal: AbortSignal): Promise<{ connection: Connection; options: CallOptions }> {
    const endpoint = this.#endpoint();
    const metadata = await this.#credentials(endpoint, signal);
    return { connection: endpoint.connection, options: { signal, ...metadata } };
  }

  /** The present endpoint is no good: from now on another is asked first. */
  useNext(): void {
    this.#endpoint().token = undefined;
    this.#current = (this.#current + 1) % this.#endpoints.length;
  }

  close(): void {
    for (const { connection } of this.#endpoints) connection.close();
  }

  #endpoint(): Endpoint {
    return must(this.#endpoints[this.#current], 'there is at least one endpoint');
  }

  async #ask<Result>(
    endpoint: Endpoint,
    send: Send<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const metadata = await this.#credentials(endpoint, signal);
    try {
      return await send(endpoint.connection, {
        ...metadata,
        timeoutMs: this.#timeoutMs(endpoint),
        signal,
      });
    } catch (error) {
      const isExpired = error instanceof EtcdError && error.code === GrpcStatus.Unauthenticated;
      if (!isExpired || endpoint.token === undefined) throw error;
      // A token of etcd lives for minutes only; a waiting member for longer.
      endpoint.token = undefined;
      const renewed = await this.#credentials(endpoint, signal);
      return send(endpoint.connection, {
        ...renewed,
        timeoutMs: this.#timeoutMs(endpoint),
        signal,
      });
    }
  }

  async #credentials(
    endpoint: Endpoint,
    signal: AbortSignal | undefined,
  ): Promise<Pick<CallOptions, 'metadata'>> {
    const { user, password } = this.#options;
    if (user === '') return {};
    if (endpoint.token === undefined) {
      const timeoutMs = this.#timeoutMs(endpoint);
      const auth = endpoint.connection.service(AuthDefinition);
      endpoint.token = (
        await auth.authenticate({ name: user, password }, { timeoutMs, signal })
      ).token;
    }
    return { metadata: { token: endpoint.token } };
  }

  #timeoutMs(endpoint: Endpoint): number {
    const { dialTimeoutMs, requestTimeoutMs } = this.#options;
    const timeoutMs = endpoint.isUsed ? requestTimeoutMs : dialTimeoutMs + requestTimeoutMs;
    endpoint.isUsed = true;
    return timeoutMs;
  }
}

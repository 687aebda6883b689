import type { CallOptions, ServiceClient, ServiceDefinition } from '@etcd-ts/rpc';
import {
  AuthDefinition,
  ClusterDefinition,
  KVDefinition,
  LeaseDefinition,
  MaintenanceDefinition,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';
import type { SessionOptions } from './concurrency/session.js';
import { Session } from './concurrency/session.js';
import type { StmAttempt, StmOptions } from './concurrency/stm.js';
import { runStm } from './concurrency/stm.js';
import { Kv } from './kv/kv.js';
import type { Bytes, Keys } from './kv/key-range.js';
import { toBuffer } from './kv/key-range.js';
import type { KeySpace } from './kv/key-space.js';
import { Namespace, WHOLE_KEY_SPACE } from './kv/key-space.js';
import { Leases } from './lease/leases.js';
import type { Namespaced } from './namespaced.js';
import type { Balance, Dial } from './routing/balancer.js';
import { Balancer } from './routing/balancer.js';
import type { FailedAttempt } from './routing/caller.js';
import { Caller } from './routing/caller.js';
import { serviceCalls } from './routing/service-calls.js';
import type { Credentials } from './routing/token-source.js';
import type { TlsOptions } from './transport/connection.js';
import { parseEndpoint } from './transport/endpoint.js';
import type { WatchOptions } from './watch/watch.js';
import { Watch } from './watch/watch.js';

export interface ClientOptions {
  /** `host:port` or URLs of members: http, https, unix, unixs. Default: 127.0.0.1:2379. */
  readonly endpoints?: readonly string[];
  /** Default: `pinned`. */
  readonly balance?: Balance;
  readonly credentials?: Credentials;
  /** A function is asked anew for each connection, for files that are renewed. */
  readonly tls?: TlsOptions | (() => TlsOptions);
  /** For endpoints without a scheme. Default: as soon as there are `tls` options. */
  readonly isTlsDefault?: boolean;
  /** To connect to one member. Default: 2000. */
  readonly dialTimeoutMs?: number;
  /** Of a unary call that says no other; Infinity: none. Default: 5000. */
  readonly requestTimeoutMs?: number;
  /**
   * A call that cannot reach any member for so long fails with Unavailable, whatever time it has
   * left. Default: it goes on trying for all its time.
   */
  readonly reachTimeoutMs?: number;
  /** A ping after so long, and how long its answer may take. Default: 10,000 and 6000; 0: no pings. */
  readonly keepaliveTimeMs?: number;
  readonly keepaliveTimeoutMs?: number;
  /** Of one answer, and of one request. Default: as much as gRPC can say, and the server's limit. */
  readonly maxReceiveBytes?: number;
  readonly maxSendBytes?: number;
  /** Told about every attempt that failed, whether it is retried or not. */
  readonly onFailedAttempt?: (failed: FailedAttempt) => void;
  /** Told when a connection is tried, and what came of it. */
  readonly onDial?: (dial: Dial) => void;
}

const DEFAULT_ENDPOINT = '127.0.0.1:2379';
const DEFAULT_DIAL_TIMEOUT_MS = 2_000;
const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;
const DEFAULT_KEEPALIVE_MS = 10_000;
const DEFAULT_KEEPALIVE_TIMEOUT_MS = 6_000;
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/**
 * A client of an etcd cluster. Nothing is connected before the first call, and an idle client does
 * not keep its program alive. Calls go to a member that answers; reads are repeated when one does
 * not, writes only when they surely did not arrive (see ConnectionError).
 */
export class Client implements Namespaced {
  readonly kv: Kv;
  readonly lease: Leases;
  /** The services as they are on the wire (etcdserverpb). */
  readonly cluster: ServiceClient<ClusterDefinition>;
  readonly maintenance: ServiceClient<MaintenanceDefinition>;
  readonly auth: ServiceClient<AuthDefinition>;
  readonly #options: ClientOptions;
  readonly #balancer: Balancer;
  readonly #caller: Caller;
  /** Of single members: one for each endpoint that was asked for. */
  readonly #members = new Map<string, Client>();

  constructor(options: ClientOptions = {}) {
    this.#options = options;
    const endpoints = (options.endpoints ?? [DEFAULT_ENDPOINT]).map((text) => this.#parse(text));
    if (endpoints.length === 0) throw new TypeError('a client needs at least one endpoint');
    const { tls = {} } = options;
    this.#balancer = new Balancer(endpoints, options.balance ?? 'pinned', {
      tls: typeof tls === 'function' ? tls : () => tls,
      dialTimeoutMs: options.dialTimeoutMs ?? DEFAULT_DIAL_TIMEOUT_MS,
      keepaliveTimeMs: options.keepaliveTimeMs ?? DEFAULT_KEEPALIVE_MS,
      keepaliveTimeoutMs: options.keepaliveTimeoutMs ?? DEFAULT_KEEPALIVE_TIMEOUT_MS,
      onDial: options.onDial,
    });
    const { requestTimeoutMs = DEFAULT_REQUEST_TIMEOUT_MS } = options;
    this.#caller = new Caller(this.#balancer, {
      credentials: options.credentials,
      timeoutMs: requestTimeoutMs === Infinity ? undefined : requestTimeoutMs,
      reachTimeoutMs: options.reachTimeoutMs,
      loginTimeoutMs: requestTimeoutMs === Infinity ? DEFAULT_REQUEST_TIMEOUT_MS : requestTimeoutMs,
      maxReceiveBytes: options.maxReceiveBytes ?? MAX_MESSAGE_BYTES,
      maxSendBytes: options.maxSendBytes,
      onFailedAttempt: options.onFailedAttempt,
    });
    this.kv = new Kv(this.service(KVDefinition), WHOLE_KEY_SPACE);
    this.lease = new Leases(this.service(LeaseDefinition), WHOLE_KEY_SPACE);
    this.cluster = this.service(ClusterDefinition);
    this.maintenance = this.service(MaintenanceDefinition);
    this.auth = this.service(AuthDefinition);
  }

  get endpoints(): readonly string[] {
    return this.#balancer.endpoints.map(({ text }) => text);
  }

  /**
   * Fetches the token that the first call would fetch, for whoever wants to know at once whether the
   * password is right.
   */
  async logIn(): Promise<void> {
    await this.#caller.logIn();
  }

  /** From now on these members. */
  setEndpoints(endpoints: readonly string[]): void {
    if (endpoints.length === 0) throw new TypeError('a client needs at least one endpoint');
    this.#balancer.setEndpoints(endpoints.map((text) => this.#parse(text)));
  }

  /** The endpoints become those that the members advertise. */
  async syncEndpoints(options: CallOptions = {}): Promise<void> {
    const { members } = await this.cluster.memberList({ linearizable: true }, options);
    // A member that has not started yet has no client URLs; a learner serves no requests.
    const urls = members
      .filter((member) => !member.isLearner)
      .flatMap((member) => member.clientURLs);
    if (urls.length > 0) this.setEndpoints(urls);
  }

  /** The same client for one member only: for what is about a member (status, defragment). */
  at(endpoint: string): Client {
    const known = this.#members.get(endpoint);
    if (known !== undefined) return known;
    const member = new Client({ ...this.#options, endpoints: [endpoint] });
    this.#members.set(endpoint, member);
    return member;
  }

  /** Any service, such as those of Lock, Election or Health. */
  service<Definition extends ServiceDefinition>(definition: Definition): ServiceClient<Definition> {
    return serviceCalls(this.#caller, definition);
  }

  watch(keys: Keys, options: WatchOptions = {}): Watch {
    return new Watch(this.service(WatchDefinition), WHOLE_KEY_SPACE, keys, options);
  }

  namespace(prefix: Bytes): Namespaced {
    const space: KeySpace = new Namespace(toBuffer(prefix));
    const inner: Namespaced = {
      kv: new Kv(this.service(KVDefinition), space),
      lease: new Leases(this.service(LeaseDefinition), space),
      watch: (keys, options = {}) => new Watch(this.service(WatchDefinition), space, keys, options),
      namespace: (more) => this.namespace(Buffer.concat([space.prefix, toBuffer(more)])),
      session: (options = {}) => Session.open(inner, options),
      stm: (apply, options = {}) => runStm(inner, apply, options),
    };
    return inner;
  }

  session(options: SessionOptions = {}): Promise<Session> {
    return Session.open(this, options);
  }

  stm<Result>(
    apply: (transaction: StmAttempt) => Promise<Result> | Result,
    options: StmOptions = {},
  ): Promise<Result> {
    return runStm(this, apply, options);
  }

  /** Ends what is in flight. */
  close(): void {
    for (const member of this.#members.values()) member.close();
    this.#balancer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #parse(text: string): ReturnType<typeof parseEndpoint> {
    const { tls, isTlsDefault = tls !== undefined } = this.#options;
    return parseEndpoint(text, { tlsByDefault: isTlsDefault });
  }
}

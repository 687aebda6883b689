import { once } from 'node:events';

import { RpcClient, within } from '@etcd-ts/testkit';
import type { Method, Outcome, Service } from '@etcd-ts/testkit';
import {
  DeleteRangeRequest,
  KVDefinition,
  LeaseDefinition,
  LeaseGrantRequest,
  PutRequest,
  RangeRequest,
  WatchCreateRequest,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';
import type { LeaseKeepAliveResponse, WatchResponse } from '@etcd-ts/wire-protocol';

import type { SeenChange } from './registrator.js';
import type { Registration } from './service.js';

export const MICRO_PREFIX = '/micro/registry/';
const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
/** go-micro's own patience is 5 s; a leader that dies costs some of it. */
const CALL_DEADLINE_MS = 5_000;
const PAUSE_BETWEEN_MEMBERS_MS = 50;

/** A client of all members, as Go's: what one member cannot do, the next is asked for. */
export class MicroClient {
  readonly #members: readonly RpcClient[];
  #current: number;

  constructor(endpoints: readonly string[], first: number) {
    this.#members = endpoints.map((endpoint) => new RpcClient(endpoint));
    this.#current = first;
  }

  get current(): RpcClient {
    const member = this.#members[this.#current];
    if (member === undefined) throw new Error('no such member');
    return member;
  }

  next(): void {
    this.#current = (this.#current + 1) % this.#members.length;
  }

  /** Every call here may be made twice: each says what shall be, not what shall change. */
  async call<Request, Response>(
    service: Service,
    method: Method<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return this.retry(() =>
      this.current.unary(service, method, request, { deadlineMs: CALL_DEADLINE_MS }),
    );
  }

  async retry<Response>(attempt: () => Promise<Outcome<Response>>): Promise<Response> {
    for (let tried = 0; ; tried++) {
      const outcome = await attempt();
      if (outcome.kind === 'ok') return outcome.response;
      const worthwhile = outcome.code === UNAVAILABLE || outcome.code === DEADLINE_EXCEEDED;
      if (!worthwhile || tried === 20) throw new Error(outcome.message);
      this.next();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_BETWEEN_MEMBERS_MS));
    }
  }

  close(): void {
    for (const member of this.#members) member.close();
  }
}

/**
 * What the etcd registry of go-micro v3 says for one node of a service: a serializable look whether
 * it is there already, a lease with its TTL, a put under it; to refresh, one keep-alive on a stream of
 * its own, and a new lease and put when that one is gone; a delete to stop.
 */
export class MicroRegistration implements Registration {
  readonly #client: MicroClient;
  readonly #key: Buffer;
  readonly #ttlSeconds: number;
  #lease = 0n;

  constructor(client: MicroClient, service: string, node: string, ttlSeconds: number) {
    this.#client = client;
    this.#key = Buffer.from(`${MICRO_PREFIX}${service}/${node}`);
    this.#ttlSeconds = ttlSeconds;
  }

  async connect(): Promise<void> {
    const look = RangeRequest.fromPartial({ key: this.#key, serializable: true });
    const { kvs } = await this.#client.call(KVDefinition, KVDefinition.methods.range, look);
    this.#lease = kvs[0]?.lease ?? 0n;
  }

  async register(): Promise<void> {
    if (this.#lease !== 0n && (await this.#keptAlive())) return;
    const grant = LeaseGrantRequest.fromPartial({ TTL: BigInt(this.#ttlSeconds) });
    const { leaseGrant } = LeaseDefinition.methods;
    this.#lease = (await this.#client.call(LeaseDefinition, leaseGrant, grant)).ID;
    const value = Buffer.from('{"name":"web","nodes":[{"id":"web-1"}]}');
    const put = PutRequest.fromPartial({ key: this.#key, value, lease: this.#lease });
    await this.#client.call(KVDefinition, KVDefinition.methods.put, put);
  }

  async deregister(): Promise<void> {
    const request = DeleteRangeRequest.fromPartial({ key: this.#key });
    await this.#client.call(KVDefinition, KVDefinition.methods.deleteRange, request);
  }

  close(): void {
    this.#client.close();
  }

  /** A TTL of 0 is the answer for a lease that is gone. */
  async #keptAlive(): Promise<boolean> {
    const response = await this.#client.retry(() => this.#keepAliveOnce());
    return response.TTL > 0n;
  }

  async #keepAliveOnce(): Promise<Outcome<LeaseKeepAliveResponse>> {
    const stream = this.#client.current.bidi(
      LeaseDefinition,
      LeaseDefinition.methods.leaseKeepAlive,
    );
    try {
      stream.write({ ID: this.#lease });
      const answered = once(stream, 'data') as Promise<[LeaseKeepAliveResponse]>;
      const [response] = await within('a keep-alive', CALL_DEADLINE_MS, answered);
      return { kind: 'ok', response };
    } catch (error) {
      return { kind: 'error', code: UNAVAILABLE, message: String(error) };
    } finally {
      stream.removeAllListeners('error').on('error', () => undefined);
      stream.cancel();
    }
  }
}

/** Its watcher: all of the registry with previous values; a broken stream goes on at the next member. */
export class MicroWatcher {
  readonly changes: SeenChange[] = [];
  readonly #client: MicroClient;
  #next = 1n;
  #cancel: () => void = () => undefined;

  constructor(client: MicroClient) {
    this.#client = client;
    this.#watch();
  }

  stop(): void {
    this.#cancel();
    this.#client.close();
  }

  #watch(): void {
    const stream = this.#client.current.bidi(WatchDefinition, WatchDefinition.methods.watch);
    stream.on('error', () => {
      if (this.#client.current.isClosed) return;
      this.#client.next();
      setTimeout(() => this.#watch(), PAUSE_BETWEEN_MEMBERS_MS);
    });
    this.#cancel = () => {
      stream.removeAllListeners('error').on('error', () => undefined);
      stream.cancel();
    };
    stream.on('data', ({ events, header }: WatchResponse) => {
      for (const { type, kv, prevKv } of events) {
        const index = Number(kv?.modRevision ?? 0n);
        const created = kv?.createRevision === kv?.modRevision;
        const action = type === 1 ? 'delete' : created ? 'create' : 'update';
        if (type === 1 && prevKv === undefined)
          throw new Error('a deletion without what it deleted');
        this.changes.push({ action, key: kv?.key.toString() ?? '', index });
      }
      if (events.length > 0) this.#next = (header?.revision ?? 0n) + 1n;
    });
    const value = WatchCreateRequest.fromPartial({
      key: Buffer.from(MICRO_PREFIX),
      rangeEnd: Buffer.from(MICRO_PREFIX.replace(/\/$/u, '0')),
      startRevision: this.#next,
      prevKv: true,
    });
    stream.write({ requestUnion: { $case: 'createRequest', value } });
  }
}

/** GetService: the nodes under a name. */
export async function microNodes(client: MicroClient, service: string): Promise<string[]> {
  const prefix = `${MICRO_PREFIX}${service}/`;
  const request = RangeRequest.fromPartial({
    key: Buffer.from(prefix),
    rangeEnd: Buffer.from(prefix.replace(/\/$/u, '0')),
    serializable: true,
  });
  const { kvs } = await client.call(KVDefinition, KVDefinition.methods.range, request);
  return kvs.map(({ key }) => key.toString().slice(prefix.length));
}

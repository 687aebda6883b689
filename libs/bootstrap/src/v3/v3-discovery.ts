import { asBuffer, prefixEnd } from '@etcd-ts/foundation';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import type { KeyValue } from '@etcd-ts/wire-protocol';
import {
  EtcdError,
  GrpcStatus,
  KVDefinition,
  PutRequest,
  RangeRequest,
  WatchCreateRequest,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';
import { pause, retryPauseMs } from '../backoff.js';
import type { DiscoveryFailure } from '../discovery-outcome.js';
import { BAD_SIZE_KEY, failure, SIZE_KEY_NOT_FOUND } from '../discovery-outcome.js';
import type { EtcdEndpoints } from '../etcd/etcd-endpoints.js';
import { memberKey, membersPrefix, readSizeValue, sizeKey } from './registry-keys.js';
import type { V3Peer } from './registry-keys.js';
import { composeV3Cluster, fullWithout, readV3Roster } from './v3-roster.js';

export interface V3DiscoveryParts {
  readonly endpoints: EtcdEndpoints;
  readonly token: string;
  readonly memberId: string;
  /** `name=url[,name=url]`. */
  readonly registration: string;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

type Stopped = { readonly kind: 'stopped' };
const STOPPED: Stopped = { kind: 'stopped' };

interface Checked {
  readonly kind: 'ok';
  readonly size: number;
  readonly kvs: readonly KeyValue[];
  readonly peers: readonly V3Peer[];
  readonly revision: bigint;
}

type Step<Result> = { readonly kind: 'done'; readonly result: Result } | Stopped | DiscoveryFailure;

/** What no later try will mend. */
const FINAL: ReadonlySet<number> = new Set([
  GrpcStatus.PermissionDenied,
  GrpcStatus.InvalidArgument,
  GrpcStatus.Unimplemented,
]);

/**
 * A member's way into a new cluster through the keys of any etcd: look whether there is room, enter
 * oneself, look again, and watch until all are there. The revisions of creation give the order, so
 * all count the same members.
 */
export class V3Discovery {
  readonly #parts: V3DiscoveryParts;
  #retries = 0;

  constructor(parts: V3DiscoveryParts) {
    this.#parts = parts;
  }

  async join(): Promise<{ kind: 'ok'; initialCluster: string } | DiscoveryFailure | Stopped> {
    const before = await this.#check();
    if (before.kind !== 'ok') return before;
    const registered = await this.#retrying('registration', () => this.#register());
    if (registered.kind !== 'done') return registered;
    const { logger, memberId } = this.#parts;
    logger.info('register member itself successfully', { 'member-id': memberId });
    for (;;) {
      const checked = await this.#check();
      if (checked.kind !== 'ok') return checked;
      const peers = await this.#awaitAll(checked);
      if (peers !== undefined) return composeV3Cluster(peers);
      if (this.#parts.signal.aborted) return STOPPED;
    }
  }

  async #check(): Promise<Checked | DiscoveryFailure | Stopped> {
    const { token, memberId, logger } = this.#parts;
    const step = await this.#retrying('cluster status check', () => this.#read());
    if (step.kind !== 'done') return step;
    const { sizeValue, kvs, revision } = step.result;
    if (sizeValue === undefined) return SIZE_KEY_NOT_FOUND;
    const size = readSizeValue(sizeValue);
    if (size === undefined) return BAD_SIZE_KEY;
    const roster = readV3Roster(token, kvs, size);
    for (const { message, shown } of roster.warnings) logger.warn(message, { entry: shown });
    const full = fullWithout(roster, size, memberId);
    return full ?? { kind: 'ok', size, kvs, peers: roster.peers, revision };
  }

  async #read(): Promise<{
    readonly sizeValue: Buffer | undefined;
    readonly kvs: readonly KeyValue[];
    readonly revision: bigint;
  }> {
    const { endpoints, token, signal } = this.#parts;
    const size = await endpoints.request((connection, options) => {
      const request = RangeRequest.fromPartial({ key: Buffer.from(sizeKey(token)) });
      return connection.service(KVDefinition).range(request, options);
    }, signal);
    const members = await endpoints.request((connection, options) => {
      const request = RangeRequest.fromPartial(prefixRange(token));
      return connection.service(KVDefinition).range(request, options);
    }, signal);
    return {
      sizeValue: size.kvs[0]?.value,
      kvs: members.kvs,
      revision: members.header?.revision ?? 0n,
    };
  }

  /** A plain put: repeating it changes nothing, so it can be tried until it is answered. */
  #register(): Promise<unknown> {
    const { endpoints, token, memberId, registration, signal } = this.#parts;
    return endpoints.request((connection, options) => {
      const request = PutRequest.fromPartial({
        key: Buffer.from(memberKey(token, memberId)),
        value: Buffer.from(registration),
      });
      return connection.service(KVDefinition).put(request, options);
    }, signal);
  }

  /** All the members; undefined when the watch broke and everything has to be looked at again. */
  async #awaitAll({ size, kvs, peers, revision }: Checked): Promise<readonly V3Peer[] | undefined> {
    const { logger } = this.#parts;
    if (peers.length < size) this.#logWaiting(peers.length, size);
    let found = peers;
    if (found.length < size) {
      try {
        found = await this.#watch(kvs, revision, size);
      } catch (error) {
        await this.#backOff('waiting for other nodes', error);
        return undefined;
      }
    }
    logger.info('found all needed peers from discovery service', { 'found-peers': found.length });
    return found;
  }

  async #watch(
    known: readonly KeyValue[],
    revision: bigint,
    size: number,
  ): Promise<readonly V3Peer[]> {
    const { endpoints, token, signal } = this.#parts;
    const { connection, options } = await endpoints.stream(signal);
    const call = connection.service(WatchDefinition).watch(options);
    try {
      const value = WatchCreateRequest.fromPartial({
        ...prefixRange(token),
        startRevision: revision + 1n,
      });
      await call.write({ requestUnion: { $case: 'createRequest', value } });
      const kvs = [...known];
      for await (const response of call) {
        if (response.canceled) throw new Error(response.cancelReason || 'the watch was cancelled');
        for (const { type, kv } of response.events) {
          // Somebody was taken back; the keys tell who is left.
          if (type !== 0) throw new Error('the registry changed');
          if (kv !== undefined && !kvs.some(({ key }) => key.equals(kv.key))) kvs.push(kv);
        }
        const { peers } = readV3Roster(token, kvs, size);
        if (peers.length >= size) return peers;
        if (response.events.length > 0) this.#logWaiting(peers.length, size);
      }
      throw new Error('the watch ended');
    } finally {
      call.cancel();
    }
  }

  #logWaiting(found: number, size: number): void {
    const counts = { 'found-peers': found, 'needed-peers': size - found };
    this.#parts.logger.info('waiting for peers from discovery service', counts);
  }

  async #retrying<Result>(step: string, act: () => Promise<Result>): Promise<Step<Result>> {
    while (!this.#parts.signal.aborted) {
      try {
        const result = await act();
        this.#retries = 0;
        return { kind: 'done', result };
      } catch (error) {
        if (error instanceof EtcdError && FINAL.has(error.code)) return failure(error.message);
        await this.#backOff(step, error);
      }
    }
    return STOPPED;
  }

  async #backOff(step: string, error: unknown): Promise<void> {
    const { scheduler, logger, signal, endpoints } = this.#parts;
    if (signal.aborted) return;
    endpoints.useNext();
    this.#retries++;
    const pauseMs = retryPauseMs(this.#retries);
    logger.warn('retry connecting to discovery service', {
      reason: step,
      backoff: `${pauseMs / 1000}s`,
      error: error instanceof Error ? error.message : String(error),
    });
    await pause(scheduler, pauseMs, signal);
  }
}

function prefixRange(token: string): { readonly key: Buffer; readonly rangeEnd: Buffer } {
  const key = Buffer.from(membersPrefix(token));
  return { key, rangeEnd: asBuffer(prefixEnd(key)) };
}

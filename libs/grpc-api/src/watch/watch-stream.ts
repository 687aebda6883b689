import { failpoint } from '@etcd-ts/failpoint';
import type { Clock, Revision } from '@etcd-ts/foundation';
import { GRPC_OVERHEAD_BYTES, must } from '@etcd-ts/foundation';
import type { RevisionCommit, Watcher, WatchSink } from '@etcd-ts/mvcc';
import { Encoded } from '@etcd-ts/rpc';
import type { ResponseStream } from '@etcd-ts/rpc';
import type { MemberFacts, WatchOperations, WatchPermission } from '@etcd-ts/server';
import type { EtcdError, WatchCreateRequest, WatchResponse } from '@etcd-ts/wire-protocol';

import { headerOf, headerWithoutRevision } from '../header.js';
import { cancelReasonOf, refuseCreate, watchInterest } from './create-request.js';
import type { EncodedOffer } from './encoded-offer.js';
import { emptyResponse, watchIdField } from './event-encoder.js';
import type { EventEncoder } from './event-encoder.js';
import { fragments } from './fragmentation.js';

/** In answers that belong to no watcher, or to all of a stream. */
const NO_WATCH_ID = -1n;

interface Subscription {
  readonly id: bigint;
  readonly permission: WatchPermission;
  readonly idField: Uint8Array;
  readonly prevKv: boolean;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
  /** Something was sent since the last progress tick, so there is nothing to tell. */
  sentSinceTick: boolean;
}

export interface WatchStreamParts {
  readonly facts: MemberFacts;
  readonly clock: Clock;
  readonly watch: WatchOperations;
  readonly encoder: EventEncoder;
  readonly out: ResponseStream<WatchResponse>;
  readonly observer: WatchObserver;
}

export interface WatchObserver {
  eventsSent(count: number, seconds: number): void;
  /** A created or cancelled response. */
  controlSent(seconds: number): void;
  /** What one tick had to tell. */
  progressSent(seconds: number): void;
}

/**
 * One client's stream and the watchers on it. While the client does not read, the stream refuses
 * what the hub offers and holds nothing but the bytes already handed to the transport: the hub
 * keeps each watcher's position and offers again once the stream has drained.
 */
export class WatchStream implements WatchSink {
  readonly #parts: WatchStreamParts;
  readonly #byId = new Map<bigint, Watcher>();
  readonly #subscriptions = new Map<Watcher, Subscription>();
  #nextId = 0n;
  #full = false;
  #closed = false;

  constructor(parts: WatchStreamParts) {
    this.#parts = parts;
  }

  /** The created answer always precedes the first event: it is written before the hub knows. */
  create(request: WatchCreateRequest, permission: WatchPermission): void {
    const refusal = refuseCreate(request, this.#byId.has(request.watchId));
    if (refusal !== undefined) {
      this.refuse(refusal);
      return;
    }
    const subscription = this.#subscribe(request, permission);
    this.#control({ ...this.#empty(subscription.id), created: true });
    const watcher = this.#parts.watch.hub.watch({ ...watchInterest(request), sink: this });
    this.#byId.set(subscription.id, watcher);
    this.#subscriptions.set(watcher, subscription);
  }

  /** There will be no such watch. */
  refuse(cancelReason: string): void {
    const response = this.#empty(NO_WATCH_ID);
    this.#control({ ...response, created: true, canceled: true, cancelReason });
  }

  /** Cancelling what does not exist is answered by nothing, as in etcd. */
  cancel(id: bigint): void {
    const watcher = this.#byId.get(id);
    if (watcher === undefined) return;
    this.#forget(watcher);
    this.#parts.watch.hub.cancel(watcher);
    this.#control({ ...this.#empty(id), canceled: true });
  }

  /** Answers only if every watcher has everything up to now; the client asks again otherwise. */
  requestProgress(): void {
    if (this.#byId.size === 0) return;
    let progress: Revision | undefined;
    for (const watcher of this.#byId.values()) {
      const own = this.#parts.watch.hub.progressOf(watcher);
      if (own === undefined) return;
      if (progress === undefined || own < progress) progress = own;
    }
    this.#sendProgress(NO_WATCH_ID, must(progress, 'there is a watcher'));
  }

  /**
   * The progress_notify timer has fired: whoever was silent since then hears where it stands. A
   * client that does not read is told nothing: nobody asked for these answers, so nothing else
   * would bound their number.
   */
  tick(): void {
    if (this.#full) return;
    const { clock, observer } = this.#parts;
    const startedMs = clock.monotonicMs();
    for (const [watcher, subscription] of this.#subscriptions) {
      if (!subscription.progressNotify) continue;
      const progress = this.#parts.watch.hub.progressOf(watcher);
      if (!subscription.sentSinceTick && progress !== undefined) {
        this.#sendProgress(subscription.id, progress);
      }
      subscription.sentSinceTick = false;
    }
    observer.progressSent((clock.monotonicMs() - startedMs) / 1000);
  }

  close(): void {
    this.#closed = true;
    for (const watcher of this.#byId.values()) this.#parts.watch.hub.cancel(watcher);
    this.#byId.clear();
    this.#subscriptions.clear();
  }

  offer(watcher: Watcher, commits: readonly RevisionCommit[], upTo: Revision): boolean {
    if (this.#full || this.#closed) return false;
    const subscription = must(this.#subscriptions.get(watcher), 'a live watcher is subscribed');
    const denied = subscription.permission.refusal();
    if (denied !== undefined) {
      this.#deny(watcher, subscription.id, denied);
      return true;
    }
    const { encoder, clock, observer } = this.#parts;
    const offer = encoder.offer(commits, upTo);
    FAILPOINT: failpoint('beforeSendWatchResponse');
    this.#send(offer, subscription);
    subscription.sentSinceTick = true;
    const { sentMs } = offer;
    offer.sentMs = clock.monotonicMs();
    observer.eventsSent(offer.count, (offer.sentMs - sentMs) / 1000);
    return true;
  }

  /** The same bytes for every watcher but for its id: they are not copied here. */
  #send(offer: EncodedOffer, { idField, prevKv, fragment }: Subscription): void {
    const { head } = offer;
    if (fragment && offer.count > 1) {
      const own = Buffer.concat([head, idField]);
      const limit = this.#parts.facts.maxRequestBytes + GRPC_OVERHEAD_BYTES;
      for (const part of fragments(own, offer.fields(prevKv), limit))
        this.#write(new Encoded(part));
    } else {
      this.#write(new Encoded(head, idField, prevKv ? offer.withPrevious : offer.plain));
    }
  }

  /** What it was about to be told it may not know any more. */
  #deny(watcher: Watcher, id: bigint, error: EtcdError): void {
    this.#forget(watcher);
    this.#parts.watch.hub.cancel(watcher);
    this.#control({ ...this.#empty(id), canceled: true, cancelReason: cancelReasonOf(error) });
  }

  compacted(watcher: Watcher, compactRevision: Revision): void {
    const { id } = must(this.#subscriptions.get(watcher), 'a live watcher is subscribed');
    this.#forget(watcher);
    this.#control({
      // etcd leaves the revision unset here: the client goes by compact_revision.
      ...emptyResponse(headerWithoutRevision(this.#parts.facts), id),
      canceled: true,
      compactRevision: BigInt(compactRevision),
    });
  }

  #subscribe(request: WatchCreateRequest, permission: WatchPermission): Subscription {
    const { prevKv, fragment, progressNotify, watchId } = request;
    const id = watchId === 0n ? this.#takeFreeId() : watchId;
    return {
      id,
      idField: watchIdField(id),
      prevKv,
      fragment,
      progressNotify,
      permission,
      sentSinceTick: false,
    };
  }

  #takeFreeId(): bigint {
    while (this.#byId.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #forget(watcher: Watcher): void {
    const subscription = this.#subscriptions.get(watcher);
    if (subscription === undefined) return;
    this.#subscriptions.delete(watcher);
    this.#byId.delete(subscription.id);
  }

  #sendProgress(id: bigint, revision: Revision): void {
    this.#write(emptyResponse(headerOf(this.#parts.facts, BigInt(revision)), id));
  }

  #empty(id: bigint): WatchResponse {
    return emptyResponse(headerOf(this.#parts.facts), id);
  }

  /**
   * Control answers are written even when the stream is full: each is the answer to one request,
   * and the reader of requests waits while the stream is full.
   */
  #control(response: WatchResponse): void {
    const { clock, observer } = this.#parts;
    const startedMs = clock.monotonicMs();
    this.#write(response);
    observer.controlSent((clock.monotonicMs() - startedMs) / 1000);
  }

  #write(message: WatchResponse | Encoded): void {
    if (this.#parts.out.write(message) || this.#full) return;
    this.#full = true;
    this.#parts.out.drained().then(
      () => {
        this.#full = false;
        if (!this.#closed) this.#parts.watch.hub.sinkDrained(this);
      },
      // The call is over; close() follows.
      () => undefined,
    );
  }
}

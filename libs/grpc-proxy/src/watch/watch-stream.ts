import { refuseCreate } from '@etcd-ts/grpc-api';
import type { ResponseStream } from '@etcd-ts/rpc';
import type {
  EtcdError,
  ResponseHeader,
  WatchCreateRequest,
  WatchResponse,
} from '@etcd-ts/wire-protocol';
import { ERRORS, toEtcdError } from '@etcd-ts/wire-protocol';
import type { EventBatch } from './event-batch.js';
import { idFieldOf } from './event-batch.js';
import type { Feed } from './feed.js';
import { NO_HEADER, watchResponse } from './responses.js';
import type { SharedWatch } from './shared-watch.js';
import type { Subscriber, SubscriberStream } from './subscriber.js';

const NO_WATCH_ID = -1n;

export interface WatchStreamParts {
  readonly out: ResponseStream<WatchResponse>;
  /** Ends the call with the error. */
  readonly end: (error: EtcdError) => void;
}

/** A request for progress that waits for the feeds of the stream to have answered. */
interface ProgressRequest {
  readonly answers: Map<Feed, ResponseHeader>;
}

/** A client's stream and the watchers on it. */
export class WatchStream implements SubscriberStream {
  readonly #parts: WatchStreamParts;
  readonly #subscribers = new Map<bigint, Subscriber>();
  #nextId = 0n;
  #isFull = false;
  #isClosed = false;
  #progress: ProgressRequest | undefined;
  /** What some watcher here was promised; promises do not shrink. */
  #promised = 0n;
  /** The newest that was sent here, for answers that are about the proxy's doing alone. */
  #header = NO_HEADER;

  constructor(parts: WatchStreamParts) {
    this.#parts = parts;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Why a watcher cannot be, before anybody is asked; undefined: it can. */
  refusal(request: WatchCreateRequest): string | undefined {
    return refuseCreate(request, this.#subscribers.has(request.watchId));
  }

  /** `header`: of the moment the watcher begins at, unless its request names another one. */
  create(request: WatchCreateRequest, shared: SharedWatch, header: ResponseHeader): void {
    const watchId = request.watchId === 0n ? this.#takeFreeId() : request.watchId;
    const { startRevision } = request;
    const subscriber: Subscriber = {
      watchId,
      idField: idFieldOf(watchId),
      stream: this,
      shared,
      takesFragments: request.fragment,
      wantsProgress: request.progressNotify,
      nextRevision: startRevision === 0n ? header.revision + 1n : startRevision,
      feed: undefined,
    };
    this.#subscribers.set(watchId, subscriber);
    this.#header = header;
    // Before any event of it.
    this.#control({ header, watchId, created: true });
    shared.add(subscriber);
  }

  refuse(cancelReason: string): void {
    const header = this.#header;
    this.#control({ header, watchId: NO_WATCH_ID, created: true, canceled: true, cancelReason });
  }

  /** Cancelling what does not exist is answered by nothing, as in etcd. */
  cancel(watchId: bigint): void {
    const subscriber = this.#subscribers.get(watchId);
    if (subscriber === undefined) return;
    this.#forget(subscriber);
    this.#control({ header: this.#header, watchId, canceled: true });
  }

  /** Answered when all feeds have said where they are; the client asks again if one has not. */
  requestProgress(): void {
    const feeds = this.#feeds();
    if (feeds === undefined || feeds.size === 0) return;
    this.#progress = { answers: new Map() };
    for (const feed of feeds) feed.requestProgress();
  }

  answered(feed: Feed, header: ResponseHeader): void {
    if (this.#progress === undefined) return;
    const { answers } = this.#progress;
    answers.set(feed, header);
    const feeds = this.#feeds();
    if (feeds === undefined) return;
    let lowest: ResponseHeader | undefined;
    for (const each of feeds) {
      const answer = answers.get(each);
      if (answer === undefined) return;
      if (lowest === undefined || answer.revision < lowest.revision) lowest = answer;
    }
    this.#progress = undefined;
    if (lowest !== undefined) this.#promise(lowest, NO_WATCH_ID);
  }

  send(subscriber: Subscriber, batch: EventBatch): void {
    const { idField, nextRevision, takesFragments } = subscriber;
    this.#header = batch.header;
    for (const response of batch.responses(idField, nextRevision, takesFragments)) {
      this.#write(response);
    }
  }

  notify({ watchId }: Subscriber, header: ResponseHeader): void {
    this.#promise(header, watchId);
  }

  compacted(subscriber: Subscriber, compactRevision: bigint): void {
    this.#forget(subscriber);
    // etcd leaves the revision unset here: clients go by compact_revision.
    const header = { ...this.#header, revision: 0n };
    this.#control({ header, watchId: subscriber.watchId, canceled: true, compactRevision });
  }

  refused(subscriber: Subscriber, error: unknown): void {
    const reason = toEtcdError(error);
    if (reason.is(ERRORS.NoLeader)) {
      this.#parts.end(reason);
      return;
    }
    this.#forget(subscriber);
    const { watchId } = subscriber;
    const cancelReason = reason.toStatusText();
    this.#control({ header: this.#header, watchId, canceled: true, cancelReason });
  }

  drained(): Promise<void> {
    return this.#parts.out.drained();
  }

  close(): void {
    this.#isClosed = true;
    for (const subscriber of [...this.#subscribers.values()]) this.#forget(subscriber);
  }

  /** Undefined while a watcher waits: then nothing can be said about the stream as a whole. */
  #feeds(): ReadonlySet<Feed> | undefined {
    const feeds = new Set<Feed>();
    for (const { feed } of this.#subscribers.values()) {
      if (feed === undefined) return undefined;
      feeds.add(feed);
    }
    return feeds;
  }

  /** Nobody waits for it: while the client does not read it is told nothing of this kind. */
  #promise(header: ResponseHeader, watchId: bigint): void {
    if (this.#isFull || header.revision < this.#promised) return;
    this.#promised = header.revision;
    this.#control({ header, watchId });
  }

  #forget(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber.watchId);
    subscriber.shared.remove(subscriber);
  }

  #takeFreeId(): bigint {
    while (this.#subscribers.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }

  #control(fields: Partial<WatchResponse>): void {
    this.#write(watchResponse(fields));
  }

  #write(message: Parameters<ResponseStream<WatchResponse>['write']>[0]): void {
    if (this.#parts.out.write(message) || this.#isFull) return;
    this.#isFull = true;
    this.drained().then(
      () => {
        this.#isFull = false;
        if (this.#isClosed) return;
        for (const subscriber of this.#subscribers.values()) subscriber.shared.place(subscriber);
      },
      // The call is over; close() follows.
      () => undefined,
    );
  }
}

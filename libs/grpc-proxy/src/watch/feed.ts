import type { Watch, WatchOptions, WatchUpdate } from '@etcd-ts/client';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';
import { EventBatch } from './event-batch.js';
import type { Subscriber } from './subscriber.js';
import type { WatchTarget } from './watch-target.js';

/** A watcher who wants to know of a lost leader hears of it after so long without any. */
const LEADER_LOSS_MS = 3_000;
/** Requests for progress within this time are answered by one answer of the cluster. */
const PROGRESS_SHARING_MS = 20;

type FeedWatch = Pick<Watch, typeof Symbol.asyncIterator | 'cancel' | 'requestProgress'>;

/** Where watchers of the cluster come from. */
export interface FeedSource {
  watch(keys: { key: Buffer; rangeEnd: Buffer }, options: WatchOptions): FeedWatch;
}

export interface FeedParts {
  readonly source: FeedSource;
  readonly target: WatchTarget;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FeedOwner {
  /** Resolves when the feed may go on: a reader who waits holds no more than the transport does. */
  took(feed: Feed, batch: EventBatch): Promise<void> | undefined;
  progressed(feed: Feed, header: ResponseHeader, isRequested: boolean): void;
  /** The cluster has ended it for good. */
  ended(feed: Feed, error: unknown): void;
}

/** One watcher of the cluster's, and those of the proxy's clients who get what it gets. */
export class Feed {
  readonly members = new Set<Subscriber>();
  /** All before it has been handed to the members. The only source of where any of them is. */
  nextRevision: bigint;
  /** Once it is past this revision it has caught up with what was there when it began. */
  readonly liveRevision: bigint;
  readonly #owner: FeedOwner;
  readonly #watch: FeedWatch;
  #isClosed = false;
  #leaderlessSinceMs: number | undefined;
  #progressAskedMs = -Infinity;

  constructor(parts: FeedParts, nextRevision: bigint, liveRevision: bigint, owner: FeedOwner) {
    this.nextRevision = nextRevision;
    this.liveRevision = liveRevision;
    this.#owner = owner;
    this.#watch = this.#open(parts);
    void this.#run();
  }

  /** The answer, if there is one, comes behind the events it speaks of. */
  requestProgress(): void {
    const nowMs = performance.now();
    if (nowMs - this.#progressAskedMs < PROGRESS_SHARING_MS) return;
    this.#progressAskedMs = nowMs;
    // On a stream that is just being lost nobody answers, and the client asks again.
    this.#watch.requestProgress().catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#watch.cancel();
  }

  #open({ source, target, metadata }: FeedParts): FeedWatch {
    const { key, rangeEnd, noPut, noDelete, prevKv, caller } = target;
    return source.watch(
      { key, rangeEnd },
      {
        startRevision: this.nextRevision,
        noPut,
        noDelete,
        prevKv,
        // For whoever asked for it, and so that a silent feed does not fall behind compactions.
        progressNotify: true,
        requireLeader: caller.requireLeader,
        metadata,
        onEstablished: () => (this.#leaderlessSinceMs = undefined),
        ...(caller.requireLeader && { onInterrupted: () => this.#noteLeaderLoss() }),
      },
    );
  }

  async #run(): Promise<void> {
    try {
      for await (const update of this.#watch) {
        if (this.#isClosed) return;
        const pause = this.#take(update);
        if (pause !== undefined) await pause;
      }
    } catch (error) {
      if (!this.#isClosed) this.#end(error);
    }
  }

  #take({ header, events, progress }: WatchUpdate): Promise<void> | undefined {
    if (events.length > 0) {
      const batch = new EventBatch(header, events);
      const pause = this.#owner.took(this, batch);
      this.nextRevision = batch.lastRevision + 1n;
      return pause;
    }
    const isRequested = progress === 'requested';
    // What somebody asked for is passed on as the cluster's word, but nothing is built on it: some
    // servers give it too early (see Watch).
    if (!isRequested && header.revision >= this.nextRevision) {
      this.nextRevision = header.revision + 1n;
    }
    this.#owner.progressed(this, header, isRequested);
    return undefined;
  }

  #noteLeaderLoss(): void {
    const nowMs = performance.now();
    this.#leaderlessSinceMs ??= nowMs;
    if (nowMs - this.#leaderlessSinceMs < LEADER_LOSS_MS || this.#isClosed) return;
    this.#end(ERRORS.NoLeader.error());
  }

  #end(error: unknown): void {
    this.close();
    this.#owner.ended(this, error instanceof EtcdError ? error : ERRORS.Stopped.error());
  }
}

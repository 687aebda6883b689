import { CompactedError } from '@etcd-ts/client';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';
import type { ProxyMetrics } from '../metrics.js';
import type { EventBatch } from './event-batch.js';
import { Feed } from './feed.js';
import type { FeedOwner, FeedParts } from './feed.js';
import type { Subscriber } from './subscriber.js';
import { positionOf } from './subscriber.js';

export interface SharedWatchParts extends FeedParts {
  readonly metrics: ProxyMetrics;
  /** A revision that has certainly happened. */
  readonly currentRevision: () => bigint;
  /** Nobody is left. */
  readonly abandoned: () => void;
}

/**
 * Everybody who watches the same. Most are on one feed, the trunk, which is about where the cluster
 * is. Who is elsewhere (a start in the past, a stream that was full) has a feed of its own, which
 * ends when its position is one that the trunk has not left behind.
 *
 * No event is lost or comes twice, because moving never changes where a subscriber is: it goes to a
 * feed that has not handed out anything behind its position, and what that feed hands out before
 * the position is left out for it.
 */
export class SharedWatch implements FeedOwner {
  readonly #parts: SharedWatchParts;
  readonly #subscribers = new Set<Subscriber>();
  readonly #feeds = new Set<Feed>();
  #trunk: Feed | undefined;
  /** Nothing before it can be watched any more. */
  #compactRevision = 0n;

  constructor(parts: SharedWatchParts) {
    this.#parts = parts;
  }

  /** What has been handed out to most; undefined: nobody is there yet. */
  get trunkRevision(): bigint | undefined {
    return this.#trunk === undefined ? undefined : this.#trunk.nextRevision - 1n;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    this.place(subscriber);
  }

  remove(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return;
    this.#leaveFeed(subscriber);
    if (this.#subscribers.size === 0) this.#parts.abandoned();
  }

  /** Puts a subscriber without a feed on one that goes on where it is. */
  place(subscriber: Subscriber): void {
    if (subscriber.feed !== undefined || !this.#subscribers.has(subscriber)) return;
    const trunk = this.#trunk;
    if (trunk !== undefined && trunk.nextRevision <= subscriber.nextRevision) {
      this.#join(subscriber, trunk);
      return;
    }
    const liveRevision = this.#liveRevision();
    const { nextRevision } = subscriber;
    // A start in the future is no reason to make others wait for it.
    const start = nextRevision < liveRevision ? nextRevision : liveRevision;
    const feed = new Feed(this.#parts, start, liveRevision, this);
    this.#feeds.add(feed);
    this.#join(subscriber, feed);
    this.#settle(feed);
  }

  took(feed: Feed, batch: EventBatch): Promise<void> | undefined {
    let pause: Promise<void> | undefined;
    if (feed.members.size > 1) {
      const extra = (feed.members.size - 1) * batch.events.length;
      this.#parts.metrics.proxyEventsCoalescing.inc(extra);
    }
    for (const subscriber of [...feed.members]) {
      const { stream } = subscriber;
      if (stream.isFull && feed.members.size > 1) {
        // The others must not wait for it. Where it is stays what it was before this batch.
        subscriber.nextRevision = positionOf(subscriber);
        this.#leaveFeed(subscriber);
        continue;
      }
      stream.send(subscriber, batch);
      if (stream.isFull && feed.members.size === 1) {
        // Nobody is to join a feed that waits for one reader.
        if (this.#trunk === feed) this.#trunk = undefined;
        // A call that is over: its subscribers are being removed.
        pause = stream.drained().catch(() => undefined);
      }
    }
    const settle = (): void => this.#settle(feed);
    if (pause !== undefined) return pause.then(settle);
    // Behind this batch, whose revisions the feed counts as handed out when this returns.
    queueMicrotask(settle);
    return undefined;
  }

  progressed(feed: Feed, header: ResponseHeader, isRequested: boolean): void {
    if (isRequested) {
      for (const stream of new Set([...feed.members].map((each) => each.stream))) {
        stream.answered(feed, header);
      }
      return;
    }
    for (const subscriber of feed.members) {
      if (subscriber.wantsProgress && subscriber.nextRevision <= header.revision + 1n) {
        subscriber.stream.notify(subscriber, header);
      }
    }
    this.#settle(feed);
  }

  ended(feed: Feed, error: unknown): void {
    this.#drop(feed);
    if (error instanceof CompactedError && error.compactRevision > this.#compactRevision) {
      this.#compactRevision = error.compactRevision;
    }
    for (const subscriber of [...feed.members]) {
      subscriber.nextRevision = positionOf(subscriber);
      this.#leaveFeed(subscriber);
      if (!(error instanceof CompactedError)) subscriber.stream.refused(subscriber, error);
      else if (subscriber.nextRevision < error.compactRevision) {
        subscriber.stream.compacted(subscriber, error.compactRevision);
      } else this.place(subscriber);
    }
  }

  /** What has been compacted has happened, whether an answer has shown it here or not. */
  #liveRevision(): bigint {
    const next = this.#parts.currentRevision() + 1n;
    return next > this.#compactRevision ? next : this.#compactRevision;
  }

  /** A feed that has caught up becomes the trunk, or its members go to the one there is. */
  #settle(feed: Feed): void {
    if (!this.#feeds.has(feed) || feed === this.#trunk) return;
    const trunk = this.#trunk;
    if (trunk === undefined) {
      if (feed.nextRevision >= feed.liveRevision) this.#trunk = feed;
      return;
    }
    if (feed.nextRevision < trunk.nextRevision) return;
    for (const subscriber of [...feed.members]) {
      subscriber.nextRevision = positionOf(subscriber);
      this.#leaveFeed(subscriber);
      this.#join(subscriber, trunk);
    }
  }

  #join(subscriber: Subscriber, feed: Feed): void {
    if (feed.members.size > 0) this.#parts.metrics.proxyWatchersCoalescing.inc();
    feed.members.add(subscriber);
    subscriber.feed = feed;
  }

  #leaveFeed(subscriber: Subscriber): void {
    const { feed } = subscriber;
    if (feed === undefined) return;
    subscriber.feed = undefined;
    feed.members.delete(subscriber);
    if (feed.members.size > 0) {
      this.#parts.metrics.proxyWatchersCoalescing.dec();
      return;
    }
    this.#drop(feed);
    feed.close();
  }

  #drop(feed: Feed): void {
    this.#feeds.delete(feed);
    if (this.#trunk === feed) this.#trunk = undefined;
  }
}

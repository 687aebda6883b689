import type { EventBatch } from './event-batch.js';
import type { Feed } from './feed.js';
import type { SharedWatch } from './shared-watch.js';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';

/** Where a watcher's answers go. */
export interface SubscriberStream {
  /** Full: nothing more should be written before `drained`, which rejects when the call is over. */
  readonly isFull: boolean;
  drained(): Promise<void>;
  send(subscriber: Subscriber, batch: EventBatch): void;
  notify(subscriber: Subscriber, header: ResponseHeader): void;
  /** The cluster's answer to a request for progress has come to this feed. */
  answered(feed: Feed, header: ResponseHeader): void;
  /** Its watcher is over: its history is gone. */
  compacted(subscriber: Subscriber, compactRevision: bigint): void;
  /** Its watcher is over, for the reason; or the stream as a whole, if the reason is about that. */
  refused(subscriber: Subscriber, error: unknown): void;
}

/** One watcher of a client. */
export interface Subscriber {
  readonly watchId: bigint;
  readonly idField: Uint8Array;
  readonly stream: SubscriberStream;
  readonly shared: SharedWatch;
  readonly takesFragments: boolean;
  readonly wantsProgress: boolean;
  /**
   * The first revision it has not got. While it is on a feed that is beyond this, the feed's own
   * position counts: it has got everything that the feed has.
   */
  nextRevision: bigint;
  /** Undefined: it has not taken what came, and waits until its stream has drained. */
  feed: Feed | undefined;
}

/** Where a subscriber is, on whatever feed. */
export function positionOf({ nextRevision, feed }: Subscriber): bigint {
  return feed !== undefined && feed.nextRevision > nextRevision ? feed.nextRevision : nextRevision;
}

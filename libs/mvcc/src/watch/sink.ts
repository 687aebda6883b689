import type { Revision } from '@etcd-ts/foundation';
import type { RevisionCommit } from '../watch-event.js';
import type { Watcher } from './watcher.js';

/**
 * Where one stream's watchers deliver. Many watchers share a sink.
 *
 * The objects offered are shared between all watchers that want the same events: an encoder may
 * cache by their identity, nobody may change them.
 */
export interface WatchSink {
  /**
   * Everything `watcher` wants of its next revisions up to and including `upTo`: whole revisions,
   * ascending, each filtered and with at least one event, at least one commit in all.
   *
   * True means the sink has taken all of it and answers for its delivery: the watcher's position
   * moves behind `upTo` and never comes back. False means nothing at all was taken: the position
   * stays, and the hub offers from there again after `sinkDrained(sink)`, which the sink owes
   * once, later, not from within this call. Throwing is not an answer.
   */
  offer(watcher: Watcher, commits: readonly RevisionCommit[], upTo: Revision): boolean;
  /**
   * The history this watcher still needs is gone. It is cancelled already; this is the last
   * that is heard of it. Never refused: at most one such notice per watcher.
   */
  compacted(watcher: Watcher, compactRevision: Revision): void;
}

export interface WatcherOptions {
  /** Not empty: "from the first key" is a single 0x00. */
  readonly key: Uint8Array;
  /** Empty: the one key. A single 0x00: everything from the key on. Else beyond the key, exclusive. */
  readonly rangeEnd: Uint8Array;
  /** The first revision wanted; 0: the next one. May lie in the future. */
  readonly startRevision: number;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly sink: WatchSink;
}

import type { Revision } from '@etcd-ts/foundation';
import type { EventsOutcome, RevisionCommit } from '../watch-event.js';
import type { WatcherOptions, WatchSink } from './sink.js';
import type { Watcher } from './watcher.js';

/** What the hub asks of the store. */
export interface WatchHistory {
  readonly currentRevision: Revision;
  readonly compactRevision: Revision;
  /** Whole revisions from `from` on: at most `maxRevisions`, or fewer. */
  readEvents(from: Revision, maxRevisions: number): EventsOutcome;
}

export interface WatchCounts {
  readonly watchers: number;
  /** Refused by their sink and waiting for it to drain. */
  readonly slow: number;
  /** Behind, catching up from history. */
  readonly pending: number;
}

export interface WatchHubOptions {
  /** Called when catchUpStep() gets something to do after it had nothing. Schedule, don't step. */
  readonly onCatchUpNeeded?: () => void;
}

export declare class WatchHub {
  constructor(history: WatchHistory, options?: WatchHubOptions);
  get counts(): WatchCounts;
  /** An already compacted startRevision is reported through sink.compacted before this returns. */
  watch(options: WatcherOptions): Watcher;
  /** At any moment, also from inside offer; cancelling twice is a no-op. */
  cancel(watcher: Watcher): void;
  /** Every commit once, in order, right after it became readable. */
  publish(commit: RevisionCommit): void;
  /** One slice of catching up, at most `budgetRevisions` read. True: there is more to do. */
  catchUpStep(budgetRevisions: number): boolean;
  sinkDrained(sink: WatchSink): void;
  /** The revision up to which everything was delivered; undefined unless the watcher is synced. */
  progressOf(watcher: Watcher): Revision | undefined;
  /** The store was replaced by a snapshot's: everybody keeps their position and catches up. */
  historyReplaced(): void;
}

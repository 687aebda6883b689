import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { MvccStore } from '@etcd-ts/mvcc';

export interface CompactionPace {
  /** Keys looked at in one step (--compaction-batch-limit). */
  readonly batchLimit: number;
  /** Pause between steps (--compaction-sleep-interval), so that requests get the loop. */
  readonly sleepIntervalMs: number;
}

export interface CompactionObserver {
  step(durationMs: number): void;
  finished(durationMs: number): void;
}

/** Removes what a scheduled compaction made unreachable, a little at a time. */
export class CompactionRunner {
  readonly #store: MvccStore;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pace: CompactionPace;
  readonly #observer: CompactionObserver;
  readonly #finished: () => void;
  #run:
    | { readonly promise: Promise<void>; readonly resolve: () => void; startedMs: number }
    | undefined;
  #cancelStep: CancelTimer = () => undefined;
  #stopped = false;

  /** `finished` is called each time there is nothing left to remove: space may be given back. */
  constructor(
    parts: {
      readonly store: MvccStore;
      readonly scheduler: Scheduler;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly observer: CompactionObserver;
      readonly finished: () => void;
    },
    pace: CompactionPace,
  ) {
    this.#store = parts.store;
    this.#scheduler = parts.scheduler;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#observer = parts.observer;
    this.#finished = parts.finished;
    this.#pace = pace;
  }

  /** After a restart: goes on with a compaction that was scheduled and not finished. */
  resume(): void {
    if (!this.#store.compactionStep(this.#pace.batchLimit).done) void this.schedule();
  }

  /**
   * A compaction was scheduled. Settles when nothing is; a compaction scheduled meanwhile
   * belongs to the same run, because the store always works towards the latest one.
   */
  schedule(): Promise<void> {
    if (this.#run !== undefined) return this.#run.promise;
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    this.#run = { promise, resolve, startedMs: this.#clock.monotonicMs() };
    this.#scheduler.soon(() => this.#step());
    return promise;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelStep();
  }

  #step(): void {
    if (this.#stopped || this.#run === undefined) return;
    const before = this.#clock.monotonicMs();
    const { done } = this.#store.compactionStep(this.#pace.batchLimit);
    this.#observer.step(this.#clock.monotonicMs() - before);
    if (!done) {
      this.#cancelStep = this.#scheduler.after(this.#pace.sleepIntervalMs, () => this.#step());
      return;
    }
    const { resolve, startedMs } = this.#run;
    this.#run = undefined;
    const tookMs = this.#clock.monotonicMs() - startedMs;
    this.#observer.finished(tookMs);
    this.#logger.info('finished scheduled compaction', {
      'compact-revision': this.#store.compactRevision,
      took: `${tookMs.toFixed(3)}ms`,
    });
    this.#finished();
    resolve();
  }
}

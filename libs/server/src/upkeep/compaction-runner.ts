import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { MvccStore } from '@etcd-ts/mvcc';
import { ERRORS } from '@etcd-ts/wire-protocol';

export interface CompactionPace {
  /** Keys looked at, or rows deleted, in one step (--compaction-batch-limit). */
  readonly batchLimit: number;
  /** Pause after a step that deleted rows (--compaction-sleep-interval): they have to be written. */
  readonly sleepIntervalMs: number;
}

export interface CompactionObserver {
  step(durationMs: number): void;
  finished(durationMs: number): void;
}

interface Run {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly startedMs: number;
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
  readonly #failed: (error: Error) => void;
  #run: Run | undefined;
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
      readonly failed: (error: Error) => void;
    },
    pace: CompactionPace,
  ) {
    this.#store = parts.store;
    this.#scheduler = parts.scheduler;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#observer = parts.observer;
    this.#finished = parts.finished;
    this.#failed = parts.failed;
    this.#pace = pace;
  }

  /** After a restart: goes on with a compaction that was not finished. False if there is none. */
  resume(): boolean {
    if (this.#store.compactionStep(this.#pace.batchLimit).done) return false;
    void this.schedule();
    return true;
  }

  /**
   * A compaction was scheduled. Settles when nothing is; a compaction scheduled meanwhile
   * belongs to the same run, because the store always works towards the latest one. Rejects with
   * Stopped when the member stops before, and goes on at its next start.
   */
  schedule(): Promise<void> {
    if (this.#run !== undefined) return this.#run.promise;
    let resolve: () => void = () => undefined;
    let reject: (error: Error) => void = () => undefined;
    const promise = new Promise<void>((done, failed) => {
      resolve = done;
      reject = failed;
    });
    // Most callers do not wait for it.
    promise.catch(() => undefined);
    this.#run = { promise, resolve, reject, startedMs: this.#clock.monotonicMs() };
    if (this.#stopped) this.stop();
    else this.#scheduler.soon(() => this.#step());
    return promise;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelStep();
    this.#run?.reject(ERRORS.Stopped.error());
  }

  #step(): void {
    if (this.#stopped || this.#run === undefined) return;
    try {
      const before = this.#clock.monotonicMs();
      const { done, removed } = this.#store.compactionStep(this.#pace.batchLimit);
      this.#observer.step(this.#clock.monotonicMs() - before);
      if (done) this.#finish(this.#run);
      // A look into the index costs a fraction of a millisecond, and nothing later.
      else if (removed === 0) this.#scheduler.soon(() => this.#step());
      else {
        const { sleepIntervalMs } = this.#pace;
        this.#cancelStep = this.#scheduler.after(sleepIntervalMs, () => this.#step());
      }
    } catch (error) {
      this.stop();
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #finish({ resolve, startedMs }: Run): void {
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

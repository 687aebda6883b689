import type { CancelTimer, Scheduler } from '@etcd-ts/foundation';
import type { Backend } from '@etcd-ts/storage';

/** Rows written per turn of the event loop: about a millisecond of SQLite. */
const OPERATIONS_PER_SLICE = 500;
/**
 * A turn under load may bring more than such a slice takes, and then what waits would grow until
 * the heap is full. So a slice takes this share of it: arrivals and commits balance at as many
 * turns' worth of operations.
 */
const TURNS_OF_BACKLOG = 16;

export interface CommitPace {
  /** --backend-batch-interval */
  readonly intervalMs: number;
  /** --backend-batch-limit */
  readonly limit: number;
}

/**
 * Commits the backend now and then. It may lag behind what was acknowledged: durability is the
 * log's, and a restart replays what the backend had not committed.
 */
export class BackendCommitter {
  readonly #backend: Backend;
  readonly #scheduler: Scheduler;
  readonly #pace: CommitPace;
  readonly #failed: (error: Error) => void;
  #running = false;
  #stopped = false;
  #cancelTimer: CancelTimer = () => undefined;

  constructor(
    backend: Backend,
    scheduler: Scheduler,
    pace: CommitPace,
    failed: (error: Error) => void,
  ) {
    this.#backend = backend;
    this.#scheduler = scheduler;
    this.#pace = pace;
    this.#failed = failed;
  }

  start(): void {
    this.#cancelTimer = this.#scheduler.every(this.#pace.intervalMs, () => this.#begin(), {
      kind: 'poll',
      idleUntilMs: () => (this.#backend.pendingOperations === 0 ? Infinity : 0),
    });
  }

  /** Called after each batch of entries: a full batch does not wait for the interval. */
  applied(): void {
    if (this.#backend.pendingOperations >= this.#pace.limit) this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  #begin(): void {
    if (this.#running || this.#stopped || this.#backend.pendingOperations === 0) return;
    this.#running = true;
    this.#slice();
  }

  #slice(): void {
    if (this.#stopped) return;
    try {
      const { pendingOperations } = this.#backend;
      const share = Math.ceil(pendingOperations / TURNS_OF_BACKLOG);
      this.#running = !this.#backend.commitStep(Math.max(OPERATIONS_PER_SLICE, share));
    } catch (error) {
      this.#stopped = true;
      this.#failed(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (this.#running) this.#scheduler.soon(() => this.#slice());
  }
}

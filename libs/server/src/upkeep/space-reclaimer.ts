import { failpoint } from '@etcd-ts/failpoint';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import type { Backend } from '@etcd-ts/storage';

/** Pages given back per slice: a millisecond or two of SQLite. */
const PAGES_PER_SLICE = 64;
/** Pause between slices, so that requests always come first. */
const PAUSE_MS = 2;

/**
 * Gives the pages that a compaction has freed back to the file system, a few at a time. This is
 * what the original needs a stop-the-world defragmentation for.
 */
export class SpaceReclaimer {
  readonly #backend: Backend;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  #run: Promise<void> | undefined;
  #stopped = false;

  constructor(backend: Backend, scheduler: Scheduler, logger: Logger) {
    this.#backend = backend;
    this.#scheduler = scheduler;
    this.#logger = logger;
  }

  /** Settles when no free page is left, or the node stops; rejects when the backend fails. */
  reclaim(): Promise<void> {
    this.#run ??= this.#reclaim().finally(() => (this.#run = undefined));
    return this.#run;
  }

  /** For nobody who waits: a backend that fails is noticed by whoever commits to it next. */
  wake(): void {
    this.reclaim().catch((error: unknown) => {
      this.#logger.warn('failed to reclaim backend space', {
        error: error instanceof Error ? error : String(error),
      });
    });
  }

  /** Resolves when the backend is left alone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // Whoever waits for this run has its failure.
    await this.#run?.catch(() => undefined);
  }

  async #reclaim(): Promise<void> {
    const before = this.#backend.sizeBytes();
    // Pages become free only when the deletions are committed.
    if (this.#stopped) return;
    await this.#backend.commitDurable();
    FAILPOINT: failpoint('defragBeforeCopy');
    while (!this.#stopped && this.#backend.reclaim(PAGES_PER_SLICE) > 0) {
      await new Promise<void>((resolve) => this.#scheduler.after(PAUSE_MS, resolve));
    }
    if (this.#stopped) return;
    await this.#backend.shrinkFile();
    const size = this.#backend.sizeBytes();
    if (size >= before) return;
    this.#logger.info('reclaimed backend space', {
      'current-db-size-bytes': size,
      'previous-db-size-bytes': before,
    });
  }
}

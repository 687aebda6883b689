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
  #run: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #stopped = false;

  constructor(backend: Backend, scheduler: Scheduler, logger: Logger) {
    this.#backend = backend;
    this.#scheduler = scheduler;
    this.#logger = logger;
  }

  /** Settles when no free page is left. */
  wake(): Promise<void> {
    if (this.#run !== undefined) return this.#run.promise;
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    this.#run = { promise, resolve };
    const before = this.#backend.sizeBytes();
    this.#scheduler.soon(() => this.#slice(before));
    return promise;
  }

  stop(): void {
    this.#stopped = true;
    this.#finish();
  }

  #slice(sizeBefore: number): void {
    if (this.#stopped || this.#run === undefined) return;
    if (this.#backend.reclaim(PAGES_PER_SLICE) > 0) {
      this.#scheduler.after(PAUSE_MS, () => this.#slice(sizeBefore));
      return;
    }
    const size = this.#backend.sizeBytes();
    if (size < sizeBefore) {
      this.#logger.info('reclaimed backend space', {
        'current-db-size-bytes': size,
        'previous-db-size-bytes': sizeBefore,
      });
    }
    this.#finish();
  }

  #finish(): void {
    const run = this.#run;
    this.#run = undefined;
    run?.resolve();
  }
}

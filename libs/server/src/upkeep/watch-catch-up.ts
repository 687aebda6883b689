import type { Scheduler } from '@etcd-ts/foundation';

/** Revisions read per turn of the event loop for watchers that are behind. */
const REVISIONS_PER_SLICE = 500;

/** Lets watchers that are behind catch up, a slice per turn, for as long as there are any. */
export class WatchCatchUp {
  readonly #scheduler: Scheduler;
  #step: (budgetRevisions: number) => boolean = () => false;
  #scheduled = false;
  #stopped = false;
  readonly #failed: (error: Error) => void;

  /** `failed`: the history cannot be read, so watchers can no longer be told the truth. */
  constructor(scheduler: Scheduler, failed: (error: Error) => void) {
    this.#scheduler = scheduler;
    this.#failed = failed;
  }

  /** What does a slice; true while there is more to do. */
  drive(step: (budgetRevisions: number) => boolean): void {
    this.#step = step;
  }

  wake(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#scheduler.soon(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }

  #slice(): void {
    if (this.#stopped) return;
    try {
      if (this.#step(REVISIONS_PER_SLICE)) this.wake();
    } catch (error) {
      this.#stopped = true;
      this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}

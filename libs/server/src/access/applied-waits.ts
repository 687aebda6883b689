import type { Clock } from '@etcd-ts/foundation';

/**
 * Calls that may wait at a time. The index they wait for comes with a token, so anybody can name
 * one that will never be: the room for that must be small.
 */
export const MAX_WAITS = 1_000;
/** No member is so far behind another one; a token that names a later entry is made up. */
export const MAX_ENTRIES_AHEAD = 10_000_000;

interface Wait {
  readonly index: number;
  readonly deadlineMs: number;
  readonly settle: (applied: boolean) => void;
}

/**
 * Waits for entries to be applied here: a token may have been made by an entry that another member
 * has applied and this one has not.
 */
export class AppliedWaits {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #appliedIndex: () => number;
  #waits: Wait[] = [];

  constructor(clock: Clock, timeoutMs: number, appliedIndex: () => number) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#appliedIndex = appliedIndex;
  }

  get size(): number {
    return this.#waits.length;
  }

  /** `true`: it is applied. Else it is settled by then (true), or not worth waiting for (false). */
  wait(index: number): true | Promise<boolean> {
    const applied = this.#appliedIndex();
    if (index <= applied) return true;
    if (index > applied + MAX_ENTRIES_AHEAD || this.#waits.length >= MAX_WAITS) {
      return Promise.resolve(false);
    }
    return new Promise((settle) => {
      const deadlineMs = this.#clock.monotonicMs() + this.#timeoutMs;
      this.#waits.push({ index, deadlineMs, settle });
    });
  }

  /** So much has been applied now. */
  release(applied: number): void {
    if (this.#waits.length === 0) return;
    this.#settle((wait) => wait.index <= applied, true);
  }

  /** Gives up on what is overdue. */
  expire(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#settle((wait) => wait.deadlineMs <= nowMs, false);
  }

  /** Nothing will be applied any more. */
  failAll(): void {
    this.#settle(() => true, false);
  }

  #settle(due: (wait: Wait) => boolean, applied: boolean): void {
    const waits = this.#waits;
    this.#waits = waits.filter((wait) => !due(wait));
    for (const wait of waits) if (due(wait)) wait.settle(applied);
  }
}

/**
 * What a search may cost. Deciding linearizability is NP-complete, so a checker must be able to
 * give up and say so.
 */
export interface Budget {
  /** Steps of the search before the answer is `unknown`. */
  readonly maxSteps?: number;
  /** Asked now and then; true ends the search with `unknown`. */
  readonly expired?: () => boolean;
}

/** About ten seconds of search: far more than an honest history needs with unique values. */
const DEFAULT_MAX_STEPS = 5_000_000;
/** `expired` may read a clock, so not at each step. */
const STEPS_BETWEEN_LOOKS = 1024;

export class StepCounter {
  readonly #maxSteps: number;
  readonly #expired: () => boolean;
  #steps = 0;

  constructor(budget: Budget) {
    this.#maxSteps = budget.maxSteps ?? DEFAULT_MAX_STEPS;
    this.#expired = budget.expired ?? (() => false);
  }

  get steps(): number {
    return this.#steps;
  }

  /** False once the budget is spent. */
  spend(): boolean {
    this.#steps++;
    if (this.#steps > this.#maxSteps) return false;
    return this.#steps % STEPS_BETWEEN_LOOKS !== 0 || !this.#expired();
  }
}

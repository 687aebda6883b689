interface Step {
  /** Its own write is durable, or it has none. */
  settled: boolean;
  readonly done: () => void;
}

/**
 * What has to happen after writes, in the order of the writes: a step waits for its own write and
 * for every step before it, also when it has no write of its own. A promise that raft makes may rest
 * on an earlier Ready that is still on its way to the disk.
 */
export class DurabilityQueue {
  readonly #steps: Step[] = [];
  readonly #failed: (error: unknown) => void;
  readonly #inFlight = new Set<Promise<void>>();

  /** After `failed` no step is done any more. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Without a write, and with nothing before it, `done` is called at once. */
  after(write: Promise<void> | undefined, done: () => void): void {
    if (write === undefined && this.#steps.length === 0) {
      done();
      return;
    }
    const step = { settled: write === undefined, done };
    this.#steps.push(step);
    if (write === undefined) return;
    const settled = write.then(
      () => {
        step.settled = true;
        this.#advance();
      },
      (error: unknown) => {
        this.#steps.length = 0;
        this.#failed(error);
      },
    );
    this.#inFlight.add(settled);
    void settled.finally(() => this.#inFlight.delete(settled));
  }

  #advance(): void {
    while (this.#steps[0]?.settled === true) this.#steps.shift()?.done();
  }

  /** Resolves when no write is in flight. */
  async idle(): Promise<void> {
    await Promise.all(this.#inFlight);
  }
}

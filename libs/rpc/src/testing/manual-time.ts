import type { Clock, Scheduler } from '@etcd-ts/foundation';

interface Timer {
  dueMs: number;
  readonly everyMs: number | undefined;
  readonly callback: () => void;
}

/** For specs: time that passes when it is told to. */
export class ManualTime implements Clock, Scheduler {
  #nowMs = 1_000_000;
  readonly #timers = new Set<Timer>();

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#start({ dueMs: this.#nowMs + delayMs, everyMs: undefined, callback });
  }

  every(everyMs: number, callback: () => void): () => void {
    return this.#start({ dueMs: this.#nowMs + everyMs, everyMs, callback });
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Fires what is due on the way, in order. */
  pass(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.dueMs += next.everyMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  #start(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

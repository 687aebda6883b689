import type { CancelTimer, Clock, Scheduler } from '@etcd-ts/foundation';

interface Timer {
  dueMs: number;
  readonly intervalMs: number | undefined;
  readonly callback: () => void;
}

/**
 * Time that passes when a test says so: timers fire in order of time, each at its own moment. Files
 * and promises go on by themselves: `soon` is the real end of the turn.
 */
export class ManualTime implements Clock, Scheduler {
  #nowMs = 0;
  readonly #startWallMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startWallMs = Date.UTC(2026, 0, 1)) {
    this.#startWallMs = startWallMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#startWallMs + this.#nowMs;
  }

  /** How many have neither fired for the last time nor been cancelled. */
  get timers(): number {
    return this.#timers.size;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    return this.#add(delayMs, undefined, callback);
  }

  every(intervalMs: number, callback: () => void): CancelTimer {
    return this.#add(intervalMs, intervalMs, callback);
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  /** Fires what falls due, all in this turn. */
  pass(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    while (this.#fireNext(endMs));
    this.#nowMs = endMs;
  }

  /** Fires what falls due; after each timer everything else gets a few turns. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    while (this.#fireNext(endMs)) await settle();
    this.#nowMs = endMs;
    await settle();
  }

  /** Something holds the thread meanwhile: nothing fires. */
  hold(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  #fireNext(endMs: number): boolean {
    const timer = this.#next(endMs);
    if (timer === undefined) return false;
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    if (timer.intervalMs === undefined) this.#timers.delete(timer);
    else timer.dueMs += timer.intervalMs;
    timer.callback();
    return true;
  }

  #next(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  #add(delayMs: number, intervalMs: number | undefined, callback: () => void): CancelTimer {
    const timer: Timer = { dueMs: this.#nowMs + delayMs, intervalMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

/** Lets promises and the ends of turns run; not for anything that waits for a disk. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((done) => setImmediate(done));
}

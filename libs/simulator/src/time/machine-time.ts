import type { CancelTimer, Clock, Scheduler } from '@etcd-ts/foundation';

import type { EventQueue, Process } from './event-queue.js';

/** How a machine's clocks differ from true time. */
export interface ClockSkew {
  /** Its seconds in a true second. */
  readonly rate: number;
  readonly monotonicOffsetMs: number;
  readonly wallOffsetMs: number;
}

export const TRUE_TIME: ClockSkew = { rate: 1, monotonicOffsetMs: 0, wallOffsetMs: 0 };

/** The wall clock at the beginning of every simulation. */
const START_WALL_MS = Date.UTC(2026, 0, 1);

/** What a machine takes for the time. It goes on whatever becomes of the processes on it. */
export class MachineClock implements Clock {
  readonly #queue: EventQueue;
  readonly skew: ClockSkew;

  constructor(queue: EventQueue, skew: ClockSkew) {
    this.#queue = queue;
    this.skew = skew;
  }

  monotonicMs(): number {
    return this.skew.monotonicOffsetMs + this.#queue.nowMs * this.skew.rate;
  }

  wallMs(): number {
    return START_WALL_MS + this.skew.wallOffsetMs + this.#queue.nowMs * this.skew.rate;
  }

  /** What this clock said at a moment of true time. */
  localMs(trueMs: number): number {
    return this.skew.monotonicOffsetMs + trueMs * this.skew.rate;
  }
}

/** The timers of one process; they end with it. */
export class ProcessScheduler implements Scheduler {
  readonly #queue: EventQueue;
  readonly #process: Process;
  readonly #rate: number;

  constructor(queue: EventQueue, process: Process, { rate }: ClockSkew) {
    this.#queue = queue;
    this.#process = process;
    this.#rate = rate;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    return this.#queue.in(delayMs / this.#rate, this.#process, callback);
  }

  /** As Node's: what a pause has missed is not made up for. */
  every(intervalMs: number, callback: () => void): CancelTimer {
    const stepMs = intervalMs / this.#rate;
    let cancelled = false;
    const fire = (): void => {
      if (cancelled) return;
      callback();
      this.#queue.post(this.#queue.nowMs + stepMs, this.#process, fire);
    };
    this.#queue.post(this.#queue.nowMs + stepMs, this.#process, fire);
    return () => {
      cancelled = true;
    };
  }

  soon(callback: () => void): void {
    this.#queue.post(this.#queue.nowMs, this.#process, callback);
  }
}

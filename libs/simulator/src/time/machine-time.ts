import { LONGEST_TIMER_MS, withLongTimers } from '@etcd-ts/foundation';
import type { CancelTimer, Clock, Rhythm, Scheduler } from '@etcd-ts/foundation';

import type { EventQueue, Process } from './event-queue.js';

/** How a machine's clocks differ from true time. */
export interface ClockSkew {
  /** Its seconds in a true second. */
  readonly rate: number;
  readonly monotonicOffsetMs: number;
  readonly wallOffsetMs: number;
}

/** The wall clock at the beginning of every simulation. */
const START_WALL_MS = Date.UTC(2026, 0, 1);

/** What a machine takes for the time. It goes on whatever becomes of the processes on it. */
export class MachineClock implements Clock {
  readonly #queue: EventQueue;
  #rate: number;
  /** The monotonic clock showed this then; since then it has run at one rate. */
  #monotonicMs: number;
  #sinceMs = 0;
  #wallAheadMs: number;

  constructor(queue: EventQueue, { rate, monotonicOffsetMs, wallOffsetMs }: ClockSkew) {
    this.#queue = queue;
    this.#rate = rate;
    this.#monotonicMs = monotonicOffsetMs;
    this.#wallAheadMs = wallOffsetMs - monotonicOffsetMs;
  }

  get rate(): number {
    return this.#rate;
  }

  monotonicMs(): number {
    return this.#monotonicMs + (this.#queue.nowMs - this.#sinceMs) * this.#rate;
  }

  wallMs(): number {
    return START_WALL_MS + this.#wallAheadMs + this.monotonicMs();
  }

  /** The moment of true time at which the monotonic clock shows this. */
  trueMs(monotonicMs: number): number {
    return this.#sinceMs + (monotonicMs - this.#monotonicMs) / this.#rate;
  }

  /** From now on it runs at another rate, and the wall clock is set by so much. */
  disturb(rate: number, wallJumpMs: number): void {
    this.#monotonicMs = this.monotonicMs();
    this.#sinceMs = this.#queue.nowMs;
    this.#rate = rate;
    this.#wallAheadMs += wallJumpMs;
  }
}

/** The timers of one process, as a member's own scheduler makes them of Node's; they end with it. */
export function processScheduler(
  queue: EventQueue,
  process: Process,
  clock: MachineClock,
  overflowed: (delayMs: number) => void,
): Scheduler {
  return withLongTimers(new NodeTimers(queue, process, clock, overflowed));
}

class NodeTimers implements Scheduler {
  readonly #queue: EventQueue;
  readonly #process: Process;
  readonly #clock: MachineClock;
  readonly #overflowed: (delayMs: number) => void;

  constructor(
    queue: EventQueue,
    process: Process,
    clock: MachineClock,
    overflowed: (delayMs: number) => void,
  ) {
    this.#queue = queue;
    this.#process = process;
    this.#clock = clock;
    this.#overflowed = overflowed;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    const fittingMs = this.#fitting(delayMs);
    return this.#queue.in(fittingMs / this.#clock.rate, this.#process, callback);
  }

  /** As Node's: what a pause has missed is not made up for. */
  every(intervalMs: number, callback: () => void, rhythm?: Rhythm): CancelTimer {
    const fittingMs = this.#fitting(intervalMs);
    const clock = this.#clock;
    return this.#queue.every(this.#process, callback, {
      stepMs: () => fittingMs / clock.rate,
      trueMs: (localMs) => clock.trueMs(localMs),
      rhythm,
    });
  }

  soon(callback: () => void): void {
    this.#queue.post(this.#queue.nowMs, this.#process, callback);
  }

  /** Node calls at once what does not fit in 31 bits: nobody may ask it for that. */
  #fitting(delayMs: number): number {
    if (delayMs <= LONGEST_TIMER_MS) return delayMs;
    this.#overflowed(delayMs);
    return 1;
  }
}

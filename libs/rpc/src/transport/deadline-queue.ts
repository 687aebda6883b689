import type { Clock, Scheduler, CancelTimer } from '@etcd-ts/foundation';

export interface Expiring {
  /** Its deadline has passed. Called once. */
  expire(): void;
}

/** Deadlines are kept to this: a client counts its own time, and answers to it cost as much later. */
const SLOT_MS = 8;
/** setTimeout takes 31 bits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The deadlines of all calls of a server behind one timer. Most calls end long before theirs, so
 * entering and leaving is what must be cheap: a timer for each call costs 1 us, this 0.1.
 */
export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  /** By the number of the slot in which they expire. Insertion is in no order. */
  readonly #slots = new Map<number, Set<Expiring>>();
  #cancelTimer: CancelTimer | undefined;
  #timerSlot = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** In so many milliseconds, and up to a slot later. Returns what `remove` wants. */
  add(call: Expiring, timeoutMs: number): number {
    const slot = Math.floor((this.#clock.monotonicMs() + timeoutMs) / SLOT_MS) + 1;
    const calls = this.#slots.get(slot);
    if (calls === undefined) this.#slots.set(slot, new Set([call]));
    else calls.add(call);
    if (slot < this.#timerSlot) this.#arm(slot);
    return slot;
  }

  remove(call: Expiring, slot: number): void {
    this.#slots.get(slot)?.delete(call);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#slots.clear();
  }

  #arm(slot: number): void {
    this.#cancelTimer?.();
    this.#timerSlot = slot;
    const delayMs = slot * SLOT_MS - this.#clock.monotonicMs();
    this.#cancelTimer = this.#scheduler.after(
      Math.min(Math.max(0, delayMs), LONGEST_TIMER_MS),
      () => this.#expireDue(),
    );
  }

  #expireDue(): void {
    this.#cancelTimer = undefined;
    this.#timerSlot = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonicMs() / SLOT_MS;
    let next = Number.POSITIVE_INFINITY;
    for (const [slot, calls] of this.#slots) {
      if (slot > now) {
        if (calls.size === 0) this.#slots.delete(slot);
        else next = Math.min(next, slot);
        continue;
      }
      this.#slots.delete(slot);
      for (const call of calls) call.expire();
    }
    if (next !== Number.POSITIVE_INFINITY && next < this.#timerSlot) this.#arm(next);
  }
}

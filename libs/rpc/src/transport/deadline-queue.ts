import type { CancelTimer, Clock, HeapEntry, Scheduler } from '@etcd-ts/foundation';
import { IndexedHeap, LONGEST_TIMER_MS } from '@etcd-ts/foundation';

export interface Expiring {
  /** Its deadline has passed. Called once. */
  expire(): void;
}

/** The calls that expire at one moment. */
export interface DeadlineSlot extends HeapEntry {
  readonly dueMs: number;
  readonly calls: Set<Expiring>;
}

/** Deadlines are kept to this: clients count their own time, and calls of one moment share a slot. */
const SLOT_MS = 8;

/**
 * The deadlines of all calls of a server behind one timer. Most calls end long before theirs, so
 * entering and leaving is what must be cheap: a timer for each call costs 1 us, this 0.2.
 */
export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #slots = new Map<number, DeadlineSlot>();
  readonly #heap = new IndexedHeap<DeadlineSlot>((a, b) => a.dueMs < b.dueMs);
  #cancelTimer: CancelTimer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** In so many milliseconds, and up to a slot later. Returns what `remove` wants. */
  add(call: Expiring, timeoutMs: number): DeadlineSlot {
    const moment = this.#clock.monotonicMs() + timeoutMs;
    const dueMs = (Math.floor(moment / SLOT_MS) + 1) * SLOT_MS;
    let slot = this.#slots.get(dueMs);
    if (slot === undefined) {
      slot = { dueMs, calls: new Set(), heapIndex: -1 };
      this.#slots.set(dueMs, slot);
      this.#heap.push(slot);
    }
    slot.calls.add(call);
    if (dueMs < this.#timerMs) this.#arm(dueMs);
    return slot;
  }

  /** A call may have expired already. */
  remove(call: Expiring, slot: DeadlineSlot): void {
    slot.calls.delete(call);
    if (slot.calls.size === 0 && slot.heapIndex >= 0) this.#drop(slot);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#slots.clear();
    this.#heap.clear();
  }

  #drop(slot: DeadlineSlot): void {
    this.#slots.delete(slot.dueMs);
    this.#heap.remove(slot);
  }

  #arm(dueMs: number): void {
    this.#cancelTimer?.();
    this.#timerMs = dueMs;
    const delayMs = Math.min(Math.max(0, dueMs - this.#clock.monotonicMs()), LONGEST_TIMER_MS);
    this.#cancelTimer = this.#scheduler.after(delayMs, () => this.#expireDue());
  }

  /** The timer's own slot may be gone, as its calls have ended: then it only finds the next. */
  #expireDue(): void {
    this.#cancelTimer = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
    for (let slot = this.#heap.peek(); slot !== undefined; slot = this.#heap.peek()) {
      // A timer may fire a little early by this clock.
      if (slot.dueMs > this.#clock.monotonicMs() + 1) {
        if (slot.dueMs < this.#timerMs) this.#arm(slot.dueMs);
        return;
      }
      this.#drop(slot);
      for (const call of slot.calls) call.expire();
    }
  }
}

import { assert, IndexedHeap } from '@etcd-ts/foundation';
import type { HeapEntry } from '@etcd-ts/foundation';

/** A process of the simulation: what is due to it waits while it is paused, and is lost when it dies. */
export class Process {
  readonly name: string;
  /** Not scheduled by its machine before this moment (SIGSTOP, a long collection of garbage). */
  pausedUntilMs = 0;
  /** After each event of it, and all its reactions. */
  afterEach: (() => void) | undefined;
  #alive = true;
  readonly #mourners = new Set<() => void>();

  constructor(name: string) {
    this.name = name;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Calls back at its death, unless cancelled before. */
  onDeath(callback: () => void): CancelEvent {
    this.#mourners.add(callback);
    return () => this.#mourners.delete(callback);
  }

  die(): void {
    this.#alive = false;
    for (const callback of this.#mourners) callback();
    this.#mourners.clear();
  }
}

interface QueuedEvent extends HeapEntry {
  dueMs: number;
  order: number;
  readonly owner: Process | undefined;
  readonly run: () => void;
}

export type CancelEvent = () => void;

/**
 * Turns of the real event loop are taken every so many events: for signals, timers of a test runner
 * and the collection of garbage. Nothing of the simulation depends on them.
 */
const EVENTS_PER_TURN = 2000;

/**
 * Virtual time: events in order of their time, those of one moment in the order they were added.
 *
 * Between two events every promise reaction that the first one caused has run, to the last one, so
 * that what happens depends on nothing but the events: see `afterReactions`.
 */
export class EventQueue {
  readonly #events = new IndexedHeap<QueuedEvent>(
    (a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order),
  );
  #nowMs = 0;
  #added = 0;
  #handled = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  get handled(): number {
    return this.#handled;
  }

  at(dueMs: number, owner: Process | undefined, run: () => void): CancelEvent {
    const event = this.#add(dueMs, owner, run);
    return () => {
      if (event.heapIndex >= 0) this.#events.remove(event);
    };
  }

  /** As `at`, for what nobody takes back. */
  post(dueMs: number, owner: Process | undefined, run: () => void): void {
    this.#add(dueMs, owner, run);
  }

  #add(dueMs: number, owner: Process | undefined, run: () => void): QueuedEvent {
    const event: QueuedEvent = {
      dueMs: dueMs > this.#nowMs ? dueMs : this.#nowMs,
      order: this.#added++,
      owner,
      run,
      heapIndex: -1,
    };
    this.#events.push(event);
    return event;
  }

  in(delayMs: number, owner: Process | undefined, run: () => void): CancelEvent {
    return this.at(this.#nowMs + delayMs, owner, run);
  }

  /** Until `done` says so, or the moment has come. Rejects with whatever an event throws. */
  run(untilMs: number, done: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let untilTurn = EVENTS_PER_TURN;
      let last: QueuedEvent | undefined;
      const next = (): void => {
        try {
          last?.owner?.afterEach?.();
          last = done() ? undefined : this.#take(untilMs);
          if (last === undefined) {
            resolve();
            return;
          }
          this.#handled++;
          last.run();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        if (--untilTurn > 0) {
          afterReactions(next);
          return;
        }
        untilTurn = EVENTS_PER_TURN;
        setImmediate(next);
      };
      next();
    });
  }

  /** The next event that somebody is there for. Undefined: it is later than `untilMs`. */
  #take(untilMs: number): QueuedEvent | undefined {
    for (;;) {
      const event = this.#events.peek();
      if (event === undefined || event.dueMs > untilMs) {
        if (untilMs !== Infinity) this.#nowMs = Math.max(this.#nowMs, untilMs);
        return undefined;
      }
      this.#events.remove(event);
      assert(event.dueMs >= this.#nowMs, 'time does not go back');
      this.#nowMs = event.dueMs;
      const { owner } = event;
      if (owner?.alive === false) continue;
      if (owner !== undefined && owner.pausedUntilMs > this.#nowMs) {
        // In the order in which they came: a process that goes on finds all of it waiting.
        event.dueMs = owner.pausedUntilMs;
        event.order = this.#added++;
        this.#events.push(event);
        continue;
      }
      return event;
    }
  }
}

/**
 * Calls back when no promise reaction is left to run. Node runs the queue of reactions until it is
 * empty, those included that they add, before it looks for the next tick; so a tick asked for from
 * within a reaction comes after all of them. No number of turns has to be guessed.
 */
function afterReactions(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback));
}

import { assert, IndexedHeap } from '@etcd-ts/foundation';
import type { HeapEntry, Rhythm } from '@etcd-ts/foundation';

import { Rhythms } from './rhythms.js';
import type { Beat } from './rhythms.js';

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

/** How something periodic goes, and what is known of it. */
export interface Pace {
  readonly stepMs: () => number;
  readonly trueMs: (localMs: number) => number;
  readonly rhythm: Rhythm | undefined;
}

/** Decides whether time may leap. */
export interface Leaper {
  /** A leap ends at least so long before anything else happens. */
  readonly guardMs: number;
  /** Its pulse is due: after how many of them the cluster is where it was, being at rest. 0: it is not. */
  period(pulse: Process): number;
  /** From now until then nothing happens. False: let it not happen slowly. */
  rests(untilMs: number): boolean;
}

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
  readonly #rhythms = new Rhythms();
  #nowMs = 0;
  #added = 0;
  #handled = 0;
  /** Virtual time that was leapt over. */
  leaptMs = 0;
  leaper: Leaper | undefined;
  #running: Process | undefined;

  /** Whose code runs at this moment. */
  get running(): Process | undefined {
    return this.#running;
  }

  /** The rest of the present event is work of this process. */
  goOnAs(process: Process): void {
    this.#running = process;
  }

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

  /** What waits to happen. */
  get size(): number {
    return this.#events.size + this.#rhythms.size;
  }

  /** Calls back every so often, first after one step; never overlapping. */
  every(owner: Process, run: () => void, pace: Pace): CancelEvent {
    const stepMs = pace.stepMs();
    const beat: Beat = {
      ...pace,
      owner,
      run,
      dueMs: this.#nowMs + stepMs,
      order: this.#added++,
      lastStepMs: stepMs,
      heapIndex: -1,
    };
    this.#rhythms.add(beat);
    return () => this.#rhythms.remove(beat);
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
      let last: Due | undefined;
      const next = (): void => {
        try {
          last?.owner?.afterEach?.();
          last = done() ? undefined : this.#take(untilMs);
          if (last === undefined) {
            resolve();
            return;
          }
          this.#handled++;
          this.#running = last.owner;
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
  #take(untilMs: number): Due | undefined {
    for (;;) {
      const event = this.#events.peek();
      const beat = this.#rhythms.peek();
      if (beat !== undefined && isBefore(beat, event) && beat.dueMs <= untilMs) {
        if (this.#leaps(beat, event, untilMs)) continue;
        if (this.#isDue(beat)) return { owner: beat.owner, run: () => this.#beat(beat) };
        continue;
      }
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

  /** False: its process is paused, and finds it waiting when it goes on. */
  #isDue(beat: Beat): boolean {
    assert(beat.dueMs >= this.#nowMs, 'time does not go back');
    this.#nowMs = beat.dueMs;
    const { pausedUntilMs } = beat.owner;
    if (pausedUntilMs <= this.#nowMs) return true;
    this.#again(beat, pausedUntilMs, pausedUntilMs - this.#nowMs);
    return false;
  }

  #beat(beat: Beat): void {
    beat.run();
    if (!this.#rhythms.has(beat)) return;
    const stepMs = beat.stepMs();
    this.#again(beat, this.#nowMs + stepMs, stepMs);
  }

  #again(beat: Beat, dueMs: number, lastStepMs: number): void {
    beat.dueMs = dueMs;
    beat.lastStepMs = lastStepMs;
    beat.order = this.#added++;
    this.#rhythms.moved(beat);
  }

  /**
   * Leaps over what changes nothing. A cluster at rest goes through the same states again and again,
   * once an election timeout of its leader, whose pulse is due: its followers are reset by each
   * heartbeat, and everything else looks at the clock and finds that its time has not come. So the
   * state after a whole number of such rounds is the present one, at a later moment. A leap ends a
   * guard time before anything else, so that even the followers' counts of ticks are what they would
   * have been when it comes.
   */
  #leaps(beat: Beat, event: QueuedEvent | undefined, untilMs: number): boolean {
    const { leaper } = this;
    if (leaper === undefined || beat.rhythm?.kind !== 'pulse') return false;
    const onceMs = Math.min(event?.dueMs ?? Infinity, untilMs);
    const stepMs = beat.stepMs();
    if (onceMs - beat.dueMs < leaper.guardMs + stepMs) return false;
    const beginMs = beat.dueMs;
    const period = leaper.period(beat.owner);
    if (period === 0) return false;
    const dueMs = this.#rhythms.workDueMs(onceMs);
    const rounds = Math.floor((dueMs - leaper.guardMs - beginMs) / (period * stepMs));
    if (rounds < 1 || !leaper.rests(dueMs)) return false;
    const endMs = this.#rhythms.leap(beat, rounds * period);
    assert(endMs < dueMs, 'a leap ends before anything happens');
    this.leaptMs += endMs - beginMs;
    return true;
  }
}

interface Due {
  readonly owner: Process | undefined;
  readonly run: () => void;
}

function isBefore(beat: Beat, event: QueuedEvent | undefined): boolean {
  if (event === undefined) return true;
  return beat.dueMs < event.dueMs || (beat.dueMs === event.dueMs && beat.order < event.order);
}

/**
 * Calls back when no promise reaction is left to run. Node runs the queue of reactions until it is
 * empty, those included that they add, before it looks for the next tick; so a tick asked for from
 * within a reaction comes after all of them. No number of turns has to be guessed.
 */
function afterReactions(callback: () => void): void {
  queueMicrotask(() => process.nextTick(callback));
}

import { IndexedHeap } from '@etcd-ts/foundation';
import type { HeapEntry, Rhythm } from '@etcd-ts/foundation';

import type { Process } from './event-queue.js';

/** Something that is called again and again. */
export interface Beat extends HeapEntry {
  readonly owner: Process;
  readonly run: () => void;
  /** Until the next call, in true time. */
  readonly stepMs: () => number;
  readonly rhythm: Rhythm | undefined;
  /** A moment of the owner's clock in true time. */
  readonly trueMs: (localMs: number) => number;
  dueMs: number;
  order: number;
  /** How long ago before `dueMs` it was called last: decides who comes first of two at one moment. */
  lastStepMs: number;
}

/**
 * The periodic timers of all members, apart from everything that happens once: only while nothing but
 * these is due can time leap.
 */
export class Rhythms {
  readonly #beats = new IndexedHeap<Beat>(
    (a, b) => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order),
  );
  /** The heap cannot be gone through. */
  readonly #all = new Set<Beat>();

  get size(): number {
    return this.#all.size;
  }

  peek(): Beat | undefined {
    for (let beat = this.#beats.peek(); beat !== undefined; beat = this.#beats.peek()) {
      if (beat.owner.alive) return beat;
      this.remove(beat);
    }
    return undefined;
  }

  add(beat: Beat): void {
    this.#all.add(beat);
    this.#beats.push(beat);
  }

  remove(beat: Beat): void {
    this.#all.delete(beat);
    if (beat.heapIndex >= 0) this.#beats.remove(beat);
  }

  moved(beat: Beat): void {
    this.#beats.moved(beat);
  }

  has(beat: Beat): boolean {
    return this.#all.has(beat);
  }

  /**
   * The first moment at which one of them has to be called, beside those that only show that somebody
   * lives. `until` if there is none before.
   */
  workDueMs(untilMs: number): number {
    let firstMs = untilMs;
    for (const { owner, rhythm, dueMs, trueMs } of this.#all) {
      if (!owner.alive || rhythm?.kind === 'pulse' || dueMs >= firstMs) continue;
      const idleUntilMs = rhythm?.idleUntilMs() ?? 0;
      // Infinity must not be computed with.
      if (idleUntilMs === Infinity) continue;
      firstMs = Math.min(firstMs, Math.max(dueMs, trueMs(idleUntilMs)));
    }
    return firstMs;
  }

  /**
   * Leaves out `calls` calls of `first`, which is due now, and all calls of the others until it is due
   * again. Every beat is then due when it would have been, in the order in which it would have been.
   * Returns that moment.
   */
  leap(first: Beat, calls: number): number {
    for (const beat of this.#all) if (!beat.owner.alive) this.remove(beat);
    const lead = skip(first, Infinity, calls);
    const others = [...this.#all].filter((beat) => beat !== first);
    for (const beat of others) skip(beat, lead, Infinity);
    // Of two that are due at one moment the one that was called earlier comes first; the leader's
    // pulse was before all of its moment when the leap began, and is again.
    const inOrder = [first, ...others].sort((a, b) => {
      const lastA = a.dueMs - a.lastStepMs;
      const lastB = b.dueMs - b.lastStepMs;
      return lastA === lastB ? a.order - b.order : lastA - lastB;
    });
    const orders = inOrder.map(({ order }) => order).sort((a, b) => a - b);
    this.#beats.clear();
    inOrder.forEach((beat, i) => {
      beat.order = orders[i] as number;
      this.#beats.push(beat);
    });
    return lead;
  }
}

/** Adds up as the calls themselves would have: the same sums, to the last bit. */
function skip(beat: Beat, untilMs: number, calls: number): number {
  const stepMs = beat.stepMs();
  let { dueMs } = beat;
  for (let left = calls; left > 0 && dueMs < untilMs; left--) {
    dueMs += stepMs;
    beat.lastStepMs = stepMs;
  }
  beat.dueMs = dueMs;
  return dueMs;
}

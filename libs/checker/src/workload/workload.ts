import type { Rng } from '@etcd-ts/foundation';
import { assert } from '@etcd-ts/foundation';

import type { HistoryEntry } from '../history.js';
import type { Operation } from '../operation.js';

/**
 * What clients do, as a function of a seed: the same workload runs in the simulator and on real
 * processes. One instance serves all clients of a run; values written are unique within it, which
 * is what keeps checking linear.
 */
export interface Workload {
  /** The next operation of a client that has none under way. `revision`: the newest anyone saw. */
  next(client: number, rng: Rng, revision: number): Operation;
  /** Must be told of every operation it gave out, when that has ended. */
  learn(entry: HistoryEntry): void;
}

export function pick<T>(rng: Rng, choices: readonly T[]): T {
  assert(choices.length > 0, 'nothing to pick from');
  return choices[rng.below(choices.length)] as T;
}

/** Each with the weight beside it. */
export function pickWeighted<T>(rng: Rng, choices: readonly (readonly [T, number])[]): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0);
  let left = rng.next() * total;
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  return pick(rng, choices)[0];
}

/** `name0`, `name1`, ...: sorted as long as there are at most ten. */
export function numberedKeys(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}

/** Values that no other operation of the run writes. */
export class UniqueValues {
  #next = 0;

  next(client: number): string {
    return `${client}.${this.#next++}`;
  }
}

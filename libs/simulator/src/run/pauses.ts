import { isOfTheNewest } from '@etcd-ts/checker';
import type { HistoryEntry } from '@etcd-ts/checker';

/**
 * Members that stood still, and what was read meanwhile: who wakes up and takes itself for the leader
 * that it was must not answer from its own state (etcd #20418).
 */
export class Pauses {
  /** Of members that ran. */
  count = 0;
  /** Linearizable, of the present, answered, and under way while a member stood still. */
  reads = 0;
  #untilMs = -Infinity;

  began(untilMs: number): void {
    this.count++;
    this.#untilMs = Math.max(this.#untilMs, untilMs);
  }

  /** At the moment of its answer. Every pause so far has begun before it, so only their ends count. */
  answered({ operation, invokedAtMs }: HistoryEntry): void {
    if (operation.kind !== 'range' || !isOfTheNewest(operation)) return;
    if (invokedAtMs <= this.#untilMs) this.reads++;
  }
}

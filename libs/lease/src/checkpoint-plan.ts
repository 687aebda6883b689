import { assert, IndexedHeap } from '@etcd-ts/foundation';
import type { HeapEntry } from '@etcd-ts/foundation';
import { NEVER } from './lease.js';
import type { Lease } from './lease.js';

interface Appointment extends HeapEntry {
  readonly lease: Lease;
  dueMs: number;
}

/**
 * When which lease is to be checkpointed: every interval while more than an interval of it is left.
 * Without checkpoints a leader change gives every lease its whole TTL again, so one of an hour may
 * never end where leaders change hourly.
 */
export class CheckpointPlan {
  readonly #intervalMs: number;
  readonly #heap = new IndexedHeap<Appointment>((a, b) => a.dueMs < b.dueMs);
  readonly #appointments = new Map<Lease, Appointment>();

  /** Infinity: no checkpoints. */
  constructor(intervalMs: number) {
    assert(intervalMs > 0, 'checkpoint interval must be positive');
    this.#intervalMs = intervalMs;
  }

  /** After the lease's expiry has been set. */
  schedule(lease: Lease, nowMs: number): void {
    if (lease.expiryMs - nowMs <= this.#intervalMs || this.#intervalMs === Infinity) {
      this.forget(lease);
      return;
    }
    const dueMs = nowMs + this.#intervalMs;
    const existing = this.#appointments.get(lease);
    if (existing === undefined) {
      const appointment = { lease, dueMs, heapIndex: -1 };
      this.#appointments.set(lease, appointment);
      this.#heap.push(appointment);
    } else {
      existing.dueMs = dueMs;
      this.#heap.moved(existing);
    }
  }

  get nextMs(): number {
    return this.#heap.peek()?.dueMs ?? NEVER;
  }

  /** The next lease due, already scheduled for its following checkpoint. */
  takeDue(nowMs: number): Lease | undefined {
    const first = this.#heap.peek();
    if (first === undefined || first.dueMs > nowMs) return undefined;
    this.schedule(first.lease, nowMs);
    return first.lease;
  }

  forget(lease: Lease): void {
    const appointment = this.#appointments.get(lease);
    if (appointment === undefined) return;
    this.#appointments.delete(lease);
    this.#heap.remove(appointment);
  }

  clear(): void {
    this.#heap.clear();
    this.#appointments.clear();
  }
}

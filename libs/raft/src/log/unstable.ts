import { assert } from '@etcd-ts/foundation';
import type { RaftIndex, Term } from '@etcd-ts/foundation';
import type { Entry, Snapshot } from '../types.js';

/** Entries handed out in one Ready and not yet acknowledged. */
interface Batch {
  readonly lastIndex: RaftIndex;
  readonly lastTerm: Term;
  /** The member's term when it was handed out: durable together with the batch. */
  readonly hardTerm: Term;
  /** The part of the batch that is still in the log; a truncation behind its back lowers it. */
  validUpTo: number;
}

/**
 * The end of the log that is not known to be durable: [offset, offset + entries.length), of which
 * [offset, #handedOut) is being written. Below `offset` everything is in the storage, except that a
 * pending snapshot (index offset - 1) replaces the storage altogether.
 */
export class Unstable {
  #entries: Entry[] = [];
  #offset: number;
  #handedOut: number;
  #snapshot: Snapshot | undefined;
  #snapshotHandedOut = false;
  #batches: Batch[] = [];

  constructor(lastStableIndex: RaftIndex) {
    this.#offset = lastStableIndex + 1;
    this.#handedOut = this.#offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  lastIndex(): RaftIndex {
    return (this.#offset + this.#entries.length - 1) as RaftIndex;
  }

  /** The entry at `index`, which must not be below the offset. */
  at(index: number): Entry | undefined {
    return this.#entries[index - this.#offset];
  }

  slice(lo: number, hi: number): Entry[] {
    return this.#entries.slice(lo - this.#offset, hi - this.#offset);
  }

  /** Entries follow on directly; their array stays the caller's. */
  append(entries: readonly Entry[]): void {
    for (let i = 0; i < entries.length; i++) this.#entries.push(entries[i] as Entry);
  }

  /**
   * Drops [from, ...) here and, by taking precedence, in the storage. Batches on their way to disk
   * keep their place in the queue but no longer vouch for what was cut: when their ack arrives the
   * disk holds entries that are in no log any more, even if an entry of the same index and term
   * should have come back meanwhile.
   */
  truncate(from: number): void {
    if (from <= this.#offset) {
      this.#entries = [];
      this.#offset = from;
    } else {
      this.#entries.length = from - this.#offset;
    }
    this.#handedOut = Math.min(this.#handedOut, from);
    for (const batch of this.#batches) batch.validUpTo = Math.min(batch.validUpTo, from - 1);
  }

  /** The snapshot replaces the log; batches in flight vouch for nothing any more. */
  restore(snapshot: Snapshot): void {
    this.#entries = [];
    this.#offset = snapshot.metadata.index + 1;
    this.#handedOut = this.#offset;
    this.#snapshot = snapshot;
    this.#snapshotHandedOut = false;
    for (const batch of this.#batches) batch.validUpTo = -1;
  }

  hasNewEntries(): boolean {
    return this.#handedOut < this.#offset + this.#entries.length;
  }

  hasNewSnapshot(): boolean {
    return this.#snapshot !== undefined && !this.#snapshotHandedOut;
  }

  takeSnapshot(): Snapshot | undefined {
    if (this.#snapshotHandedOut) return undefined;
    this.#snapshotHandedOut = true;
    return this.#snapshot;
  }

  /** Entries not handed out before, in the writer's queue from now on. */
  takeEntries(hardTerm: Term): readonly Entry[] {
    const taken = this.#entries.slice(this.#handedOut - this.#offset);
    const last = taken[taken.length - 1];
    if (last === undefined) return taken;
    this.#handedOut = last.index + 1;
    const { index: lastIndex, term: lastTerm } = last;
    this.#batches.push({ lastIndex, lastTerm, hardTerm, validUpTo: lastIndex });
    return taken;
  }

  /**
   * The writer has made the batch that ends in (index, term) durable, and all before it. Returns
   * the term that is durable with it, or undefined for an ack of nothing in flight.
   *
   * The first match wins: the same (index, term) can be in flight twice with an overwrite between
   * them, and mistaking the first ack for the second would call entries durable that are not.
   */
  persisted(index: RaftIndex, term: Term): Term | undefined {
    const position = this.#batches.findIndex((b) => b.lastIndex === index && b.lastTerm === term);
    if (position < 0) return undefined;
    const acknowledged = this.#batches.splice(0, position + 1);
    for (const batch of acknowledged) this.#stableTo(batch.validUpTo);
    return acknowledged[position]?.hardTerm;
  }

  snapshotPersisted(index: RaftIndex): boolean {
    if (this.#snapshot?.metadata.index !== index) return false;
    assert(
      this.#snapshotHandedOut,
      () => `snapshot ${index} acknowledged before it was handed out`,
    );
    this.#snapshot = undefined;
    return true;
  }

  #stableTo(index: number): void {
    const count = index - this.#offset + 1;
    if (count <= 0) return;
    this.#entries = count === this.#entries.length ? [] : this.#entries.slice(count);
    this.#offset += count;
  }
}

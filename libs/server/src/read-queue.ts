import { RaftIndex } from '@etcd-ts/foundation';
import type { Clock } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';

/** Reads that may wait for one confirmation; beyond it the server is overloaded and says so. */
const MAX_WAITING_READS = 200_000;

interface Read {
  readonly deadlineMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Round {
  readonly context: string;
  readonly reads: Read[];
  readonly startedMs: number;
}

/**
 * Linearizable reads, in rounds. All reads that arrived before a round starts share its one
 * confirmation. A read never joins a round that has begun: the confirmation must be younger than
 * the read, or a leader that was paused (a long GC is enough) could answer with a state older than
 * a write acknowledged elsewhere meanwhile. For the same reason a retry is a round with a context
 * of its own, and a late answer to the abandoned context confirms nothing.
 */
export class ReadQueue {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #waiting: Read[] = [];
  #round: Round | undefined;
  /** Confirmed, waiting for the state machine to reach `index`; ascending. */
  readonly #confirmed: { readonly index: RaftIndex; readonly reads: readonly Read[] }[] = [];
  readonly #nextId: () => bigint;

  /** `nextId` never repeats, not even over restarts and members. */
  constructor(clock: Clock, timeoutMs: number, nextId: () => bigint) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#nextId = nextId;
  }

  /** Resolves when everything acknowledged before this call can be read. */
  wait(): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING_READS) {
      return Promise.reject(ERRORS.RequestTooManyRequests.error());
    }
    return new Promise((resolve, reject) => {
      const deadlineMs = this.#clock.monotonicMs() + this.#timeoutMs;
      this.#waiting.push({ deadlineMs, resolve, reject });
    });
  }

  /** Starts a round over all waiting reads unless one is out; the context to ask raft with. */
  startRound(): Uint8Array | undefined {
    if (this.#round !== undefined || this.#waiting.length === 0) return undefined;
    return this.#openRound(this.#waiting.splice(0));
  }

  /** A round that raft has not answered for this long is asked again under a new context. */
  retryRound(olderThanMs: number): Uint8Array | undefined {
    const round = this.#round;
    if (round === undefined) return undefined;
    if (this.#clock.monotonicMs() - round.startedMs < olderThanMs) return undefined;
    return this.#openRound(round.reads);
  }

  /** True if `context` was the open round: its reads now wait for `index` to be applied. */
  confirm(context: Uint8Array, index: RaftIndex): boolean {
    const round = this.#round;
    if (round === undefined || round.context !== Buffer.from(context).toString('latin1')) {
      return false;
    }
    this.#round = undefined;
    this.#confirmed.push({ index, reads: round.reads });
    return true;
  }

  /** Releases the reads that `applied` satisfies. */
  release(applied: RaftIndex): void {
    while (this.#confirmed.length > 0 && (this.#confirmed[0]?.index ?? 0) <= applied) {
      for (const read of this.#confirmed.shift()?.reads ?? []) read.resolve();
    }
  }

  /** Gives up on reads that are overdue; how many. */
  expire(): number {
    const now = this.#clock.monotonicMs();
    const overdue = (read: Read): boolean => read.deadlineMs <= now;
    const expired = this.#waiting.filter(overdue);
    this.#waiting = this.#waiting.filter((read) => !overdue(read));
    if (this.#round !== undefined) {
      expired.push(...this.#round.reads.filter(overdue));
      const reads = this.#round.reads.filter((read) => !overdue(read));
      this.#round = reads.length === 0 ? undefined : { ...this.#round, reads };
    }
    for (const read of expired) read.reject(ERRORS.Timeout.error());
    return expired.length;
  }

  /** Fails every read that waits for a confirmation (the leader changed, the server stops). */
  failUnconfirmed(error: () => Error): void {
    const reads = [...(this.#round?.reads ?? []), ...this.#waiting.splice(0)];
    this.#round = undefined;
    for (const read of reads) read.reject(error());
  }

  failAll(error: () => Error): void {
    this.failUnconfirmed(error);
    for (const { reads } of this.#confirmed.splice(0)) {
      for (const read of reads) read.reject(error());
    }
  }

  #openRound(reads: Read[]): Uint8Array {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(this.#nextId());
    this.#round = {
      context: bytes.toString('latin1'),
      reads,
      startedMs: this.#clock.monotonicMs(),
    };
    return bytes;
  }
}

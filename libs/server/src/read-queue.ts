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
  #confirmed: { readonly index: RaftIndex; readonly reads: readonly Read[] }[] = [];
  readonly #nextId: () => bigint;
  #failedRounds = 0;

  /** `nextId` never repeats, not even over restarts and members. */
  constructor(clock: Clock, timeoutMs: number, nextId: () => bigint) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#nextId = nextId;
  }

  /** Some read is not answered yet. */
  get isWaitedFor(): boolean {
    return this.#waiting.length > 0 || this.#round !== undefined || this.#confirmed.length > 0;
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

  /**
   * Gives up on reads that are overdue, wherever they stand. How many rounds lost one: to raft
   * that many read indexes were slow, however many reads shared them.
   */
  expire(): number {
    const now = this.#clock.monotonicMs();
    let slowRounds = 0;
    const rest = (reads: readonly Read[]): Read[] => {
      const inTime = reads.filter((read) => read.deadlineMs > now);
      if (inTime.length < reads.length) slowRounds++;
      for (const read of reads) if (read.deadlineMs <= now) read.reject(ERRORS.Timeout.error());
      return inTime;
    };
    this.#waiting = rest(this.#waiting);
    if (this.#round !== undefined) {
      const reads = rest(this.#round.reads);
      this.#round = reads.length === 0 ? undefined : { ...this.#round, reads };
    }
    this.#confirmed = this.#confirmed
      .map(({ index, reads }) => ({ index, reads: rest(reads) }))
      .filter(({ reads }) => reads.length > 0);
    return slowRounds;
  }

  /** Rounds since the start that ended without an answer, because the leader did. */
  get failedRounds(): number {
    return this.#failedRounds;
  }

  /** Fails the reads of the round that is out: whoever was asked will not answer any more. */
  failRound(error: () => Error): void {
    if (this.#round === undefined) return;
    const { reads } = this.#round;
    this.#round = undefined;
    this.#failedRounds++;
    for (const read of reads) read.reject(error());
  }

  failAll(error: () => Error): void {
    this.failRound(error);
    for (const read of this.#waiting.splice(0)) read.reject(error());
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

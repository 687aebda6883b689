import { NO_MEMBER } from '@etcd-ts/foundation';
import type { CancelTimer, Scheduler } from '@etcd-ts/foundation';
import type { Entry, MemoryLog, Raft, Ready } from '@etcd-ts/raft';
import type { Wal } from '@etcd-ts/storage';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { Proposals } from './proposals.js';
import type { ReadQueue } from './read-queue.js';

/** A read round that got no answer for this long is asked again (etcd: 500 ms). */
const READ_RETRY_MS = 500;

/** What the loop drives. Calls come from one place, in log order, never re-entrantly. */
export interface StateMachine {
  /** Applies committed entries, in order, completely, before it returns. */
  apply(entries: readonly Entry[]): void;
  /** The role or the leader has changed. */
  leadershipChanged(): void;
}

export interface RaftLoopParts {
  readonly raft: Raft;
  readonly log: MemoryLog;
  readonly wal: Wal;
  readonly proposals: Proposals;
  readonly reads: ReadQueue;
  readonly scheduler: Scheduler;
  readonly tickIntervalMs: number;
  /** The log cannot be written any more: the node must stop and never acknowledge again. */
  readonly failed: (error: Error) => void;
}

/**
 * Turns raft's decisions into disk writes, messages and applications.
 *
 * Everything that arrived in one turn of the event loop is one raft step, one WAL write and one
 * fsync. While that fsync is in flight the next batch gathers and what is committed is applied:
 * disk and processor work at the same time, and the order per entry stays
 * append -> fsync -> commit -> apply -> acknowledge, with one voter as with five.
 */
export class RaftLoop {
  readonly #parts: RaftLoopParts;
  readonly #machine: StateMachine;
  #scheduled = false;
  #stopped = false;
  #cancelTicks: CancelTimer = () => undefined;
  readonly #inFlight = new Set<Promise<void>>();

  constructor(parts: RaftLoopParts, machine: StateMachine) {
    this.#parts = parts;
    this.#machine = machine;
  }

  start(): void {
    const { scheduler, tickIntervalMs } = this.#parts;
    this.#cancelTicks = scheduler.every(tickIntervalMs, () => this.#tick());
    this.wake();
  }

  /** Takes in what was proposed, read or received since, at the end of this turn. */
  wake(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#parts.scheduler.soon(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  /**
   * The only voter needs nobody's vote: waiting for an election timeout would only delay the start.
   * Does nothing unless this member is just that.
   */
  campaignIfAlone(): void {
    const { raft } = this.#parts;
    const { voters, votersOutgoing } = raft.confState;
    if (voters.length !== 1 || voters[0] !== raft.id || votersOutgoing.length > 0) return;
    raft.campaign();
    this.wake();
  }

  /** No more turns. Resolves when no write is in flight. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTicks();
    await Promise.allSettled(this.#inFlight);
  }

  #tick(): void {
    if (this.#stopped) return;
    this.#parts.raft.tick();
    const retry = this.#parts.reads.retryRound(READ_RETRY_MS);
    if (retry !== undefined) this.#parts.raft.readIndex(retry);
    this.#turn();
  }

  #turn(): void {
    if (this.#stopped) return;
    try {
      this.#takeProposals();
      this.#takeReads();
      while (this.#parts.raft.hasReady() && !this.#stopped) this.#handle(this.#parts.raft.ready());
    } catch (error) {
      // Half an entry may have been applied: this state must never be committed or served.
      this.#fail(error);
    }
  }

  /** Without a leader proposals wait, as in etcd: for the election, or for their timeout. */
  #takeProposals(): void {
    const { raft, proposals } = this.#parts;
    if (raft.leader === NO_MEMBER) return;
    const fresh = proposals.takeFresh();
    if (fresh.length === 0 || raft.propose(fresh) === 'accepted') return;
    proposals.drop(fresh, () => ERRORS.RequestTooManyRequests.error());
  }

  #takeReads(): void {
    const context = this.#parts.reads.startRound();
    if (context !== undefined) this.#parts.raft.readIndex(context);
  }

  /**
   * The order here is the safety of the whole server. The write is started before anything is
   * applied, so that the disk works meanwhile; but nothing of this Ready is acknowledged by it:
   * `committedEntries` holds only what earlier fsyncs have made durable here, and what depends on
   * this write (messagesAfterPersist, our own vote for these entries) waits in `#persisted`.
   */
  #handle(ready: Ready): void {
    this.#persist(ready);
    if (ready.softState !== undefined) this.#machine.leadershipChanged();
    for (const state of ready.readStates) {
      if (this.#parts.reads.confirm(state.requestContext, state.index)) this.wake();
    }
    if (ready.committedEntries.length > 0) this.#apply(ready.committedEntries);
    this.#parts.reads.release(this.#parts.raft.appliedIndex);
  }

  #apply(entries: readonly Entry[]): void {
    this.#machine.apply(entries);
    const last = entries[entries.length - 1];
    if (last !== undefined) this.#parts.raft.applied(last.index);
  }

  #persist(ready: Ready): void {
    const { wal, log } = this.#parts;
    if (ready.hardState === undefined && ready.entries.length === 0) return;
    wal.append(ready.hardState, ready.entries);
    if (ready.hardState !== undefined) log.setHardState(ready.hardState);
    // A commit index alone may be lost: the quorum that made it will make it again. It rides
    // along with the next write.
    if (!ready.mustSync) return;
    const write = wal.sync().then(
      () => this.#persisted(ready),
      (error: unknown) => this.#fail(error),
    );
    this.#inFlight.add(write);
    void write.finally(() => this.#inFlight.delete(write));
  }

  #persisted(ready: Ready): void {
    if (this.#stopped) return;
    const last = ready.entries[ready.entries.length - 1];
    if (last !== undefined) {
      this.#parts.log.append(ready.entries);
      this.#parts.raft.persisted(last.index, last.term);
    }
    this.#turn();
  }

  /** After a failed write nobody knows what the disk holds: no retry, no acknowledgement, stop. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelTicks();
    this.#parts.failed(error instanceof Error ? error : new Error(String(error)));
  }
}

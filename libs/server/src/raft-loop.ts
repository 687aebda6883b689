import { assert, NO_MEMBER } from '@etcd-ts/foundation';
import type { CancelTimer, MemberId, Scheduler } from '@etcd-ts/foundation';
import type { Entry, HardState, MemoryLog, Raft, Ready } from '@etcd-ts/raft';
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

/** What the loop needs of the write-ahead log. */
export interface LogWriter {
  append(hardState: HardState | undefined, entries: readonly Entry[]): void;
  /** Resolves when everything appended before is durable. */
  sync(): Promise<void>;
}

export interface RaftLoopParts {
  readonly raft: Raft;
  readonly log: MemoryLog;
  readonly wal: LogWriter;
  readonly proposals: Proposals;
  readonly reads: ReadQueue;
  readonly scheduler: Scheduler;
  readonly tickIntervalMs: number;
  /** Raft refused so many proposals; their callers have been told. */
  readonly dropped: (proposals: number) => void;
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
  #failure: Error | undefined;
  /** The last one known; stays when there is none. */
  #leader: MemberId = NO_MEMBER;
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
    this.#guarded(() => {
      const { raft } = this.#parts;
      const { voters, votersOutgoing } = raft.confState;
      if (voters.length !== 1 || voters[0] !== raft.id || votersOutgoing.length > 0) return;
      raft.campaign();
      this.wake();
    });
  }

  /** No more turns. Resolves when no write is in flight, with the failure if there was one. */
  async stop(): Promise<Error | undefined> {
    this.#stopped = true;
    this.#cancelTicks();
    await Promise.all(this.#inFlight);
    return this.#failure;
  }

  #tick(): void {
    this.#guarded(() => {
      this.#parts.raft.tick();
      // Raft may drop a request for a read index without a word (no leader, deposed, too many):
      // whatever the reason, this asks again.
      const retry = this.#parts.reads.retryRound(READ_RETRY_MS);
      if (retry !== undefined) this.#parts.raft.readIndex(retry);
      this.#drain();
    });
  }

  #turn(): void {
    this.#guarded(() => this.#drain());
  }

  #guarded(work: () => void): void {
    if (this.#stopped) return;
    try {
      work();
    } catch (error) {
      // Half an entry may have been applied: this state must never be committed or served.
      this.#fail(error);
    }
  }

  #drain(): void {
    const { raft } = this.#parts;
    this.#takeProposals();
    this.#takeReads();
    while (raft.hasReady() && !this.#stopped) this.#handle(raft.ready());
  }

  /** Without a leader proposals wait, as in etcd: for the election, or for their timeout. */
  #takeProposals(): void {
    const { raft, proposals } = this.#parts;
    if (raft.leader === NO_MEMBER) return;
    const fresh = proposals.takeFresh();
    if (fresh.length === 0 || raft.propose(fresh) === 'accepted') return;
    this.#parts.dropped(proposals.drop(fresh, () => ERRORS.RequestTooManyRequests.error()));
  }

  /** Without a leader raft would drop the round, and its reads would wait for the retry. */
  #takeReads(): void {
    const { raft, reads } = this.#parts;
    if (raft.leader === NO_MEMBER) return;
    const context = reads.startRound();
    if (context !== undefined) raft.readIndex(context);
  }

  /**
   * The order here is the safety of the whole server. The write is started before anything is
   * applied, so that the disk works meanwhile; but nothing of this Ready is acknowledged by it:
   * `committedEntries` holds only what earlier fsyncs have made durable here, and what depends on
   * this write (messagesAfterPersist, our own vote for these entries) waits in `#persisted`.
   */
  #handle(ready: Ready): void {
    assertNobodyElse(ready);
    this.#persist(ready);
    if (ready.softState !== undefined) this.#leadershipChanged(ready.softState.leader);
    for (const state of ready.readStates) {
      if (this.#parts.reads.confirm(state.requestContext, state.index)) this.wake();
    }
    if (ready.committedEntries.length > 0) this.#apply(ready.committedEntries);
    this.#parts.reads.release(this.#parts.raft.appliedIndex);
  }

  #leadershipChanged(leader: MemberId): void {
    this.#machine.leadershipChanged();
    if (leader === NO_MEMBER) return;
    // The new leader never heard of the question that the former one was asked. Who has found a
    // leader at last, and what arrived meanwhile, can be taken in now.
    if (this.#leader !== NO_MEMBER) this.#parts.reads.failRound(() => ERRORS.LeaderChanged.error());
    this.#leader = leader;
    this.wake();
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
    if (this.#failure !== undefined) return;
    this.#failure = error instanceof Error ? error : new Error(String(error));
    if (this.#stopped) return;
    this.#stopped = true;
    this.#cancelTicks();
    this.#parts.failed(this.#failure);
  }
}

/**
 * With one voter raft talks to nobody. A message that is dropped here instead of sent, or a
 * snapshot that is not restored, would look like a slow network and end in lost writes, so a
 * membership of several must not get this far unnoticed.
 */
function assertNobodyElse({ messages, messagesAfterPersist, snapshot }: Ready): void {
  const message = messages[0] ?? messagesAfterPersist[0];
  assert(
    message === undefined,
    () => `raft has a ${message?.type} for member ${message?.to.toString(16)}, but no transport`,
  );
  assert(
    snapshot === undefined,
    'raft has received a snapshot, but has nobody to receive one from',
  );
}

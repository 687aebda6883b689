import { failpoint } from '@etcd-ts/failpoint';
import { assert, NO_MEMBER, RaftIndex } from '@etcd-ts/foundation';
import type { CancelTimer, MemberId } from '@etcd-ts/foundation';
import type { ReceiveOutcome } from '@etcd-ts/peer-transport';
import type { Entry, Message, Raft, Ready, Snapshot } from '@etcd-ts/raft';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { DurabilityQueue } from './durability-queue.js';
import { proposalBatches } from './proposal-batches.js';
import type { RaftLoopParts, StateMachine } from './raft-loop-parts.js';
import { WritesInFlight } from './writes-in-flight.js';

/** A read round that got no answer for this long is asked again (etcd: 500 ms). */
const READ_RETRY_MS = 500;

/**
 * Turns raft's decisions into disk writes, messages and applications.
 *
 * Everything that arrived in one turn of the event loop is one raft step, one WAL write and one
 * fsync, and one message a peer. While that fsync is in flight the next batch gathers, followers
 * write theirs, and what is committed is applied: disks and processor work at the same time, and the
 * order per entry stays append -> fsync on a quorum -> commit -> apply -> acknowledge.
 */
export class RaftLoop {
  readonly #parts: RaftLoopParts;
  readonly #machine: StateMachine;
  readonly #durable: DurabilityQueue;
  #scheduled = false;
  #stopped = false;
  /** Until a received snapshot serves, or a change of the members is durable, no Ready is taken. */
  #isHeld = false;
  #failure: Error | undefined;
  /** The last one known; stays when there is none. */
  #leader: MemberId = NO_MEMBER;
  #cancelTicks: CancelTimer = () => undefined;
  readonly #writes: WritesInFlight;
  /** When the others last could see that this member lives. */
  #seenMs = 0;

  constructor(parts: RaftLoopParts, machine: StateMachine) {
    this.#parts = parts;
    this.#machine = machine;
    this.#writes = new WritesInFlight(parts);
    this.#durable = new DurabilityQueue((error) => this.#fail(error));
  }

  start(): void {
    const { scheduler, tickIntervalMs } = this.#parts;
    this.#cancelTicks = scheduler.every(tickIntervalMs, () => this.#tick(), { kind: 'pulse' });
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

  /** A message from another member; what follows from it happens at the end of this turn. */
  receive(message: Message): ReceiveOutcome {
    if (this.#stopped) return 'stopped';
    if (message.type === 'appendEntries' && this.#writes.isFull) return 'full';
    const step = (): void => this.tell((raft) => raft.step(message));
    // Raft takes over a snapshot's members at once: changes that wait would then be made to those.
    if (this.#isHeld && message.type === 'installSnapshot') this.#durable.after(undefined, step);
    else step();
    return 'taken';
  }

  /** Lets something be told to raft, and what follows from it happen. */
  tell(what: (raft: Raft) => void): void {
    this.#guarded(() => {
      what(this.#parts.raft);
      this.wake();
    });
  }

  /**
   * The only voter needs nobody's vote: waiting for an election timeout would only delay the start.
   * Does nothing unless this member is just that, by the changes of the members that are on their way.
   */
  campaignIfAlone(): void {
    this.#durable.after(undefined, () => {
      this.tell((raft) => {
        if (isOnlyVoter(raft)) raft.campaign();
      });
    });
  }

  /**
   * To be called within work that holds this thread for long: no tick comes through meanwhile, no
   * message is taken in, and the others would elect somebody else. Says no more than that this
   * member lives, and no more often than a tick does. Safe at any moment: it changes nothing here.
   */
  showLife(): void {
    if (this.#stopped) return;
    const { clock, raft, send, tickIntervalMs } = this.#parts;
    // A leader's heartbeat tells what is committed, and a change of the members not before its time.
    if (this.#isHeld && raft.isLeader) return;
    const now = clock.monotonicMs();
    if (now - this.#seenMs < tickIntervalMs) return;
    this.#seenMs = now;
    const messages = raft.signsOfLife();
    if (messages.length > 0) send(messages);
  }

  /** No more turns. Resolves when no write is in flight, with the failure if there was one. */
  async stop(): Promise<Error | undefined> {
    this.#stopped = true;
    this.#cancelTicks();
    await this.#durable.idle();
    return this.#failure;
  }

  #tick(): void {
    this.#seenMs = this.#parts.clock.monotonicMs();
    this.#guarded(() => {
      // A member whose disk takes nothing cannot lead: its clients would wait for as long as the disk
      // does. Without ticks it sends no heartbeats, and the others elect somebody who can write.
      const { raft } = this.#parts;
      if (!this.#writes.areStalled(raft.isLeader)) raft.tick();
      // Raft may drop a request for a read index without a word (no leader, deposed, too many):
      // whatever the reason, this asks again.
      const retry = this.#parts.reads.retryRound(READ_RETRY_MS);
      if (retry !== undefined) raft.readIndex(retry);
      this.#drain();
    });
  }

  #turn(): void {
    this.#guarded(() => this.#drain());
  }

  /** Half an entry may have been applied then: this state must never be committed or served. */
  #guarded(work: () => void): void {
    if (this.#stopped) return;
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #drain(): void {
    const { raft } = this.#parts;
    this.#takeProposals();
    this.#takeReads();
    while (!this.#stopped && !this.#isHeld && raft.hasReady()) this.#handle(raft.ready());
  }

  /**
   * Without a leader proposals wait, as in etcd: for the election, or for their timeout. A leader on
   * its way out takes none either; its successor, or itself again, will.
   */
  #takeProposals(): void {
    const { raft, proposals } = this.#parts;
    if (raft.leader === NO_MEMBER || raft.isTransferring || this.#isHeld) return;
    const fresh = proposals.takeFresh(raft.isLeader ? raft.term : undefined);
    for (const batch of proposalBatches(fresh, raft.isLeader)) {
      if (raft.propose(batch) === 'accepted') continue;
      this.#parts.dropped(proposals.drop(batch, () => ERRORS.RequestTooManyRequests.error()));
    }
    proposals.offerConfChanges((change, encoded) => raft.proposeConfChange(change, encoded));
  }

  /** Without a leader raft would drop the round, and its reads would wait for the retry. */
  #takeReads(): void {
    const { raft, reads } = this.#parts;
    if (raft.leader === NO_MEMBER) return;
    const context = reads.startRound();
    if (context !== undefined) raft.readIndex(context);
  }

  /**
   * The order here is the safety of the whole server. Messages that claim nothing leave first, so
   * that followers and this disk work at the same time. The write is started before anything is
   * applied, so that the disk works meanwhile; but nothing of this Ready is acknowledged by it:
   * `committedEntries` holds only what earlier fsyncs have made durable here, and what depends on
   * this write (messagesAfterPersist, our own vote for these entries) waits in the queue behind it
   * and behind every write before it.
   */
  #handle(ready: Ready): void {
    if (ready.committedEntries.some(({ type }) => type !== 'normal')) {
      this.#handleChangeOfMembers(ready);
      return;
    }
    this.#send(ready);
    this.#persist(ready);
    this.#follow(ready);
  }

  /**
   * A commit index alone is not synced, for the quorum that made it will make it again. But whoever
   * has heard of its own removal goes away, and may have been half of that quorum: of two voters the
   * one that stays would be nobody without it, if it lost the power now. So before anybody hears that
   * a change of the members is committed, and before it has any effect here, it is durable that it is.
   */
  #handleChangeOfMembers(ready: Ready): void {
    assert(
      ready.snapshot === undefined,
      'nothing is applied behind a snapshot that is not installed',
    );
    this.#isHeld = true;
    this.#persist(ready);
    this.#durable.after(this.#parts.wal.sync(), () => {
      this.#isHeld = false;
      this.#guarded(() => {
        this.#send(ready);
        this.#follow(ready);
        this.#drain();
      });
    });
  }

  #send({ messages }: Ready): void {
    FAILPOINT: if (this.#parts.raft.isLeader) failpoint('raftBeforeLeaderSend');
    if (messages.length > 0) this.#parts.send(messages);
  }

  #follow(ready: Ready): void {
    if (ready.softState !== undefined) this.#leadershipChanged(ready.softState.leader);
    for (const state of ready.readStates) {
      if (this.#parts.reads.confirm(state.requestContext, state.index)) this.wake();
    }
    if (ready.committedEntries.length > 0) this.#apply(ready.committedEntries);
    this.#parts.reads.release(this.#parts.raft.appliedIndex);
    FAILPOINT: failpoint('raftBeforeAdvance');
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
    if (ready.snapshot !== undefined) {
      this.#isHeld = true;
      this.#durable.after(this.#persistSnapshot(ready, ready.snapshot), () =>
        this.#installed(ready),
      );
      return;
    }
    if (ready.hardState !== undefined || ready.entries.length > 0) {
      FAILPOINT: failpoint('raftBeforeSave');
      wal.append(ready.hardState, ready.entries);
      if (ready.hardState !== undefined) log.setHardState(ready.hardState);
    }
    // A commit index alone may be lost (but see #handleChangeOfMembers). It rides along with the
    // next write.
    if (ready.mustSync) {
      this.#writes.began(ready.entries);
      this.#durable.after(wal.sync(this.#isLoneWrite(ready)), () => this.#persisted(ready));
    } else if (ready.messagesAfterPersist.length > 0) {
      this.#durable.after(undefined, () => this.#parts.send(ready.messagesAfterPersist));
    }
  }

  /**
   * One write of one client: nobody gathers behind it, and no other member waits for heartbeats
   * that a disk which stalls would hold back together with this thread.
   */
  #isLoneWrite({ entries }: Ready): boolean {
    return this.#writes.count === 1 && entries.length === 1 && isOnlyVoter(this.#parts.raft);
  }

  #persisted(ready: Ready): void {
    if (this.#stopped) return;
    FAILPOINT: failpoint('raftAfterSave');
    this.#writes.ended(ready.entries);
    const last = ready.entries[ready.entries.length - 1];
    if (last !== undefined) {
      this.#parts.log.append(ready.entries);
      this.#parts.raft.persisted(last.index, last.term);
    }
    FAILPOINT: if (!this.#parts.raft.isLeader) failpoint('raftBeforeFollowerSend');
    if (ready.messagesAfterPersist.length > 0) this.#parts.send(ready.messagesAfterPersist);
    this.#turn();
  }

  /**
   * The position first, then the state. A crash in between finds a log that begins behind the
   * backend, and the received content still there: the next start installs it.
   */
  async #persistSnapshot(ready: Ready, snapshot: Snapshot): Promise<void> {
    const { wal, log } = this.#parts;
    FAILPOINT: failpoint('raftBeforeSaveSnap');
    await wal.saveSnapshot(snapshot);
    FAILPOINT: failpoint('raftAfterSaveSnap');
    // Only a hard state that follows it makes the snapshot valid: its commit index covers it.
    wal.append(ready.hardState, ready.entries);
    await wal.sync();
    FAILPOINT: failpoint('raftBeforeApplySnap');
    log.applySnapshot(snapshot);
    FAILPOINT: failpoint('raftAfterApplySnap');
    if (ready.hardState !== undefined) log.setHardState(ready.hardState);
    log.append(ready.entries);
    try {
      await this.#machine.install(snapshot);
    } catch (error) {
      // The position and the content are on disk: the next start goes on from here.
      if (!this.#stopped) throw error;
    }
  }

  #installed(ready: Ready): void {
    this.#isHeld = false;
    if (this.#stopped) return;
    this.#guarded(() => {
      const { raft } = this.#parts;
      raft.snapshotPersisted(RaftIndex(ready.snapshot?.metadata.index ?? 0));
      const last = ready.entries[ready.entries.length - 1];
      if (last !== undefined) raft.persisted(last.index, last.term);
      this.#parts.send(ready.messagesAfterPersist);
      this.#parts.reads.release(raft.appliedIndex);
    });
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

function isOnlyVoter(raft: Raft): boolean {
  const { voters, votersOutgoing } = raft.confState;
  return voters.length === 1 && voters[0] === raft.id && votersOutgoing.length === 0;
}

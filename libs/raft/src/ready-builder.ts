import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import { entrySize } from './log/entry-size.js';
import type { Ready } from './ready.js';
import { startReadRound } from './reads.js';
import { releaseUncommitted, sendDueAppends } from './replication.js';
import type { RaftState } from './state.js';
import type { Entry, HardState, Role } from './types.js';

/** Committed entries handed out and not yet reported applied. */
interface ApplyingBatch {
  readonly lastIndex: RaftIndex;
  readonly bytes: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Knows what the owner has been told, and so what is new. */
export class ReadyBuilder {
  readonly #state: RaftState;
  #toldLeader: MemberId;
  #toldRole: Role;
  #toldTerm: Term;
  #toldVote: MemberId;
  #toldCommit: RaftIndex;
  #applyingBatches: ApplyingBatch[] = [];
  #applyingBytes = 0;

  constructor(state: RaftState) {
    this.#state = state;
    this.#toldLeader = state.leader;
    this.#toldRole = state.role;
    this.#toldTerm = state.term;
    this.#toldVote = state.vote;
    this.#toldCommit = state.log.committed;
  }

  hasReady(): boolean {
    const { log, outbox, readOnly, role, appendDue } = this.#state;
    return (
      log.unstable.hasNewEntries() ||
      appendDue ||
      this.#mayApply() ||
      !outbox.isEmpty() ||
      (role === 'leader' && readOnly.hasGathered()) ||
      log.unstable.hasNewSnapshot() ||
      this.#voteChanged() ||
      log.committed !== this.#toldCommit ||
      this.#softStateChanged()
    );
  }

  ready(): Ready {
    const state = this.#state;
    sendDueAppends(state);
    startReadRound(state);
    const softStateChanged = this.#softStateChanged();
    const mustSyncState = this.#voteChanged();
    const hardState = this.#takeHardState();
    const snapshot = state.log.unstable.takeSnapshot();
    const entries = state.log.unstable.takeEntries(state.term);
    const committedEntries = this.#takeCommitted();
    this.#toldLeader = state.leader;
    this.#toldRole = state.role;
    const ready: Mutable<Ready> = {
      entries,
      committedEntries,
      messages: state.outbox.takeMessages(),
      messagesAfterPersist: state.outbox.takeAfterPersist(),
      readStates: state.outbox.takeReadStates(),
      mustSync: mustSyncState || entries.length > 0 || snapshot !== undefined,
    };
    if (softStateChanged) ready.softState = { leader: state.leader, role: state.role };
    if (hardState !== undefined) ready.hardState = hardState;
    if (snapshot !== undefined) ready.snapshot = snapshot;
    return ready;
  }

  #softStateChanged(): boolean {
    return this.#state.leader !== this.#toldLeader || this.#state.role !== this.#toldRole;
  }

  #voteChanged(): boolean {
    return this.#state.term !== this.#toldTerm || this.#state.vote !== this.#toldVote;
  }

  #takeHardState(): HardState | undefined {
    const { term, vote, log } = this.#state;
    if (!this.#voteChanged() && log.committed === this.#toldCommit) return undefined;
    this.#toldTerm = term;
    this.#toldVote = vote;
    this.#toldCommit = log.committed;
    return { term, vote, commit: log.committed };
  }

  #mayApply(): boolean {
    const { log, config } = this.#state;
    return (
      log.applicable > log.applying && this.#applyingBytes < config.maxCommittedSizePerReadyBytes
    );
  }

  #takeCommitted(): readonly Entry[] {
    if (!this.#mayApply()) return [];
    const { log, config } = this.#state;
    const room = config.maxCommittedSizePerReadyBytes - this.#applyingBytes;
    const entries = log.takeCommitted(room);
    let bytes = 0;
    for (let i = 0; i < entries.length; i++) bytes += entrySize(entries[i] as Entry);
    this.#applyingBatches.push({ lastIndex: log.applying, bytes });
    this.#applyingBytes += bytes;
    releaseUncommitted(this.#state, entries);
    return entries;
  }

  /** Makes room for more; a snapshot's index covers what was still being applied before it. */
  applied(index: RaftIndex): void {
    let done = 0;
    for (const { lastIndex, bytes } of this.#applyingBatches) {
      if (lastIndex > index) break;
      done++;
      this.#applyingBytes -= bytes;
    }
    if (done > 0) this.#applyingBatches.splice(0, done);
  }
}

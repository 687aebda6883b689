import { NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import { advanceCommit } from './commit.js';
import { validateConfig } from './config.js';
import type { RaftConfig } from './config.js';
import { startElection } from './election.js';
import type { StepResult } from './follower.js';
import { proposeEntries } from './leader.js';
import { applyConfChange, leaveJointWhenDue } from './membership.js';
import type { Message, ProposedEntry } from './message.js';
import { ReadyBuilder } from './ready-builder.js';
import type { Ready } from './ready.js';
import { signsOfLife } from './signs-of-life.js';
import { RaftState } from './state.js';
import { statusOf } from './status.js';
import type { Status } from './status.js';
import { step } from './step.js';
import { tick } from './tick.js';
import type { Progress } from './tracker/progress.js';
import type { ConfChange, ConfChangeV2, ConfState } from './types.js';

export type ProposeResult = 'accepted' | 'dropped';

/**
 * One member's raft. It does nothing by itself: calls go in, Readies come out, and nothing here
 * knows a clock, a disk or a network. Every call returns at once; none may be made from within
 * `trace`. See Ready for what the owner must do with one, and in which order.
 */
export class Raft {
  readonly #state: RaftState;
  readonly #ready: ReadyBuilder;

  constructor(config: RaftConfig) {
    validateConfig(config);
    this.#state = new RaftState(config);
    this.#ready = new ReadyBuilder(this.#state);
  }

  /** One unit of electionTicks and heartbeatTicks has passed. */
  tick(): void {
    tick(this.#state);
  }

  /** Campaigns now instead of at the election timeout; nothing if not a voter or leader already. */
  campaign(): void {
    startElection(this.#state, this.#state.config.preVote ? 'preVote' : 'vote');
  }

  /** A message from another member. `dropped`: stale, refused or of no use; the sender repeats. */
  step(message: Message): StepResult {
    return step(this.#state, message);
  }

  /**
   * Appends the batch if leader, forwards it if the leader is known. `accepted` promises nothing
   * yet: the proposer waits for the entry among committedEntries. `dropped`: nothing of it will
   * ever be there through this call. The bytes are raft's from now on, the array is not.
   */
  propose(data: readonly Uint8Array[]): ProposeResult {
    const entries: ProposedEntry[] = [];
    for (let i = 0; i < data.length; i++) {
      entries.push({ type: 'normal', data: data[i] as Uint8Array });
    }
    return this.#propose(entries);
  }

  /**
   * `encoded` (raftpb) becomes the entry's data; an empty leave-joint encodes as no bytes. A leader
   * drops it while an earlier change is not applied, and what does not fit a joint configuration.
   */
  proposeConfChange(change: ConfChange | ConfChangeV2, encoded: Uint8Array): ProposeResult {
    const type = 'changes' in change ? 'confChangeV2' : 'confChange';
    return this.#propose([{ type, data: encoded }]);
  }

  #propose(entries: readonly ProposedEntry[]): ProposeResult {
    const state = this.#state;
    if (entries.length === 0) return 'dropped';
    if (state.role === 'leader') return proposeEntries(state, entries);
    const { id } = state;
    return step(state, { type: 'propose', from: id, to: id, term: 0 as Term, entries });
  }

  /**
   * Must be called for every committed change, in order, before applied() of its index; with
   * nodeId NO_MEMBER if the application refuses it. Returns the membership after it.
   *
   * A leader that is no voter any more steps down at once. Where those who stay are no quorum of
   * those before (one of two members), whoever stays may not have heard of the commit and cannot be
   * elected without the one that left: transfer the leadership first.
   */
  applyConfChange(change: ConfChange | ConfChangeV2): ConfState {
    return applyConfChange(this.#state, change);
  }

  /**
   * Asks for an index such that a state with it applied has every write that was answered before
   * this call. The answer is a ReadState with this context; it may never come (no leader, deposed,
   * lost): ask again with another context.
   */
  readIndex(requestContext: Uint8Array): StepResult {
    const { id } = this.#state;
    const term = 0 as Term;
    return step(this.#state, {
      type: 'readIndex',
      from: id,
      to: id,
      term,
      context: requestContext,
    });
  }

  /** Makes `to` leader if it can catch up within an election timeout. Followers pass it on. */
  transferLeadership(to: MemberId): StepResult {
    const { id, term } = this.#state;
    return step(this.#state, { type: 'transferLeader', from: to, to: id, term });
  }

  /** Stops protecting a leader known by other means to be gone: votes are free again. */
  forgetLeader(): void {
    const state = this.#state;
    if (state.role !== 'follower' || state.config.readOnly === 'lease') return;
    state.leader = NO_MEMBER;
  }

  /** Messages to `id` were lost: stop streaming, find out what has arrived. */
  reportUnreachable(id: MemberId): void {
    const progress = this.#leaderProgress(id);
    if (progress?.state === 'replicate') progress.becomeProbe();
  }

  /** The transport has delivered, or failed to deliver, a snapshot to `id`. */
  reportSnapshot(id: MemberId, outcome: 'finish' | 'failure'): void {
    const progress = this.#leaderProgress(id);
    if (progress?.state !== 'snapshot') return;
    // Nothing of it arrived, so the next probe must not start after it.
    if (outcome === 'failure') progress.pendingSnapshot = 0 as RaftIndex;
    progress.becomeProbe();
    // Delivered is not yet restored: wait for the follower's word or the next heartbeat's answer.
    progress.paused = true;
  }

  #leaderProgress(id: MemberId): Progress | undefined {
    return this.#state.role === 'leader' ? this.#state.progressOf(id) : undefined;
  }

  /**
   * What a member that is busy, and cannot take in messages, may say of itself all the same: a
   * leader that it leads, a follower that it follows. It answers nothing it was asked (no read, no
   * append), changes nothing here, and may be sent at any moment, past what a Ready holds back:
   * heartbeats and their answers promise nothing that a crash could lose, once the term is durable.
   */
  signsOfLife(): readonly Message[] {
    return signsOfLife(this.#state);
  }

  hasReady(): boolean {
    return this.#ready.hasReady();
  }

  /** Takes out everything new. What is in it is never handed out again. */
  ready(): Ready {
    return this.#ready.ready();
  }

  /**
   * The entries of a Ready, whose last one is (index, term), and the hardState of that and every
   * earlier Ready are durable and in the LogStorage. Once for every Ready with entries, in order.
   * Entries overwritten since are not taken for durable, and an unknown ack is ignored.
   */
  persisted(index: RaftIndex, term: Term): void {
    const state = this.#state;
    const durableTerm = state.log.unstable.persisted(index, term);
    if (durableTerm === undefined) return;
    state.durableTerm = Math.max(state.durableTerm, durableTerm) as Term;
    if (state.role !== 'leader') return;
    // Only here does the leader's own copy count: counting it at the append would commit, with one
    // voter, what a crash can still lose.
    const own = state.ownProgress();
    if (own?.maybeUpdate(state.log.stableIndex) === true) advanceCommit(state);
  }

  /**
   * The snapshot of a Ready is durable, in the LogStorage, and restored (or sure to be before
   * anything after it is applied). It counts as applied. Before persisted() of the same Ready.
   */
  snapshotPersisted(index: RaftIndex): void {
    const state = this.#state;
    if (state.log.snapshotPersisted(index)) this.#ready.applied(index);
  }

  /** Everything handed out up to `index` is applied. In order. */
  applied(index: RaftIndex): void {
    const state = this.#state;
    state.log.appliedTo(index);
    this.#ready.applied(index);
    leaveJointWhenDue(state);
  }

  status(): Status {
    return statusOf(this.#state);
  }

  get id(): MemberId {
    return this.#state.id;
  }

  get leader(): MemberId {
    return this.#state.leader;
  }

  get isLeader(): boolean {
    return this.#state.role === 'leader';
  }

  /** A leader on its way out takes no proposals. */
  get isTransferring(): boolean {
    return this.#state.role === 'leader' && this.#state.hasTransfer();
  }

  get term(): Term {
    return this.#state.term;
  }

  get commitIndex(): RaftIndex {
    return this.#state.log.committed;
  }

  get appliedIndex(): RaftIndex {
    return this.#state.log.applied;
  }

  get lastIndex(): RaftIndex {
    return this.#state.log.lastIndex;
  }

  get confState(): ConfState {
    return this.#state.tracker.confState();
  }
}

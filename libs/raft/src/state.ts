import { must, NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import { membershipOf } from './confchange/changer.js';
import type { RaftConfig, TraceEvent } from './config.js';
import { RaftLog } from './log/raft-log.js';
import type { Message } from './message.js';
import { Outbox } from './outbox.js';
import { ReadOnly } from './read-only.js';
import type { ReadRequest } from './read-only.js';
import type { Progress } from './tracker/progress.js';
import { ProgressTracker } from './tracker/tracker.js';
import type { Role } from './types.js';

/** A message before its sender and term are filled in. */
export type Unaddressed<M extends Message = Message> = M extends Message
  ? Omit<M, 'from' | 'term'> & { readonly term?: Term }
  : never;

/**
 * Everything one member knows (Raft figure 2). Behaviour lives in the files around: transition,
 * election, replication, follower, candidate, leader. Each is a set of functions over this state.
 */
export class RaftState {
  readonly id: MemberId;
  readonly config: RaftConfig;
  readonly log: RaftLog;
  readonly tracker: ProgressTracker;
  readonly outbox = new Outbox();
  readonly readOnly = new ReadOnly();

  term: Term;
  vote: MemberId;
  role: Role = 'follower';
  leader: MemberId = NO_MEMBER;
  /** The newest own term that is known to be on disk, and with it the vote that came with it. */
  durableTerm: Term;

  leadTransferee: MemberId = NO_MEMBER;
  /**
   * Thesis 4.1: a new change may only start when the one before is applied. Changes may be pending
   * up to this index; a new leader takes its last index, rather than search its log for one.
   */
  pendingConfIndex = 0 as RaftIndex;
  uncommittedBytes = 0;
  /** A leader's followers are to hear of new entries or a new commit index. */
  appendDue = false;
  /** Reads that came before the first commit of this term, when the commit index may be too low. */
  readsBeforeFirstCommit: ReadRequest[] = [];

  electionElapsed = 0;
  heartbeatElapsed = 0;
  randomizedElectionTicks = 0;

  constructor(config: RaftConfig) {
    const { hardState, confState } = config.storage.initialState();
    this.config = config;
    this.id = config.id;
    this.log = new RaftLog(config.storage, hardState.commit, config.applied);
    const { configuration, progress } = membershipOf(
      config.confState ?? confState,
      this.log.lastIndex,
      config.maxInflightMessages,
    );
    this.tracker = new ProgressTracker(configuration, progress);
    this.term = hardState.term;
    this.vote = hardState.vote;
    this.durableTerm = hardState.term;
    this.drawElectionTimeout();
  }

  /** Raft 5.2: randomised, anew for every election, so that split votes end soon. */
  drawElectionTimeout(): void {
    const { electionTicks, rng } = this.config;
    this.randomizedElectionTicks = electionTicks + rng.below(electionTicks);
  }

  progressOf(id: MemberId): Progress | undefined {
    return this.tracker.progress.get(id);
  }

  ownProgress(): Progress | undefined {
    return this.tracker.progress.get(this.id);
  }

  hasTransfer(): boolean {
    return this.leadTransferee !== NO_MEMBER;
  }

  /** Raft 5.4.2: only then is the commit index known to cover everything committed before. */
  hasCommittedInTerm(): boolean {
    return this.log.matches(this.log.committed, this.term);
  }

  /** A voter of the configuration, with nothing that makes its own log unusable. */
  isPromotable(): boolean {
    return this.tracker.isVoter(this.id) && this.log.unstable.snapshot === undefined;
  }

  /** Fills in the sender and, unless the message brings its own, the current term. */
  send(message: Unaddressed): void {
    const addressed = { term: this.term, ...message, from: this.id } as Message;
    this.outbox.send(addressed, this.term === this.durableTerm);
  }

  /** Passes on a message in the name of the one it came from. */
  forward(message: Message): void {
    this.outbox.send(message, this.term === this.durableTerm);
  }

  trace(event: TraceEvent): void {
    this.config.trace?.(event);
  }

  mustOwnProgress(): Progress {
    return must(this.ownProgress(), 'a leader has its own progress');
  }
}

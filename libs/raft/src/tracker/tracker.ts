import type { MemberId, RaftIndex } from '@etcd-ts/foundation';
import { isVoter, jointCommitted, jointVote } from '../quorum/joint.js';
import type { JointVoters } from '../quorum/joint.js';
import type { VoteResult } from '../quorum/majority.js';
import type { ConfState } from '../types.js';
import type { Progress } from './progress.js';

/**
 * Who belongs to the cluster. Invariants: learners and voters (of either half) are disjoint;
 * `learnersNext` is within `outgoing`; outside of a joint configuration `outgoing` and
 * `learnersNext` are empty and `autoLeave` is false.
 */
export interface Configuration extends JointVoters {
  readonly learners: ReadonlySet<MemberId>;
  readonly learnersNext: ReadonlySet<MemberId>;
  readonly autoLeave: boolean;
}

const ascending = (ids: ReadonlySet<MemberId>): MemberId[] =>
  [...ids].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** The configuration, what the leader knows of each member, and the votes of a running election. */
export class ProgressTracker {
  #configuration: Configuration;
  #progress: ReadonlyMap<MemberId, Progress>;
  #votes = new Map<MemberId, boolean>();

  constructor(configuration: Configuration, progress: ReadonlyMap<MemberId, Progress>) {
    this.#configuration = configuration;
    this.#progress = progress;
  }

  get configuration(): Configuration {
    return this.#configuration;
  }

  get progress(): ReadonlyMap<MemberId, Progress> {
    return this.#progress;
  }

  replace(configuration: Configuration, progress: ReadonlyMap<MemberId, Progress>): void {
    this.#configuration = configuration;
    this.#progress = progress;
  }

  isJoint(): boolean {
    return this.#configuration.outgoing.size > 0;
  }

  isVoter(id: MemberId): boolean {
    return isVoter(this.#configuration, id);
  }

  /** This member alone decides. */
  isSingleton(): boolean {
    return this.#configuration.incoming.size === 1 && this.#configuration.outgoing.size === 0;
  }

  voters(): MemberId[] {
    const { incoming, outgoing } = this.#configuration;
    return ascending(new Set([...incoming, ...outgoing]));
  }

  confState(): ConfState {
    const { incoming, outgoing, learners, learnersNext, autoLeave } = this.#configuration;
    return {
      voters: ascending(incoming),
      learners: ascending(learners),
      votersOutgoing: ascending(outgoing),
      learnersNext: ascending(learnersNext),
      autoLeave,
    };
  }

  /** The highest index that is durable on a quorum. */
  committed(): RaftIndex {
    return this.quorumReached((id) => this.#progress.get(id)?.match) as RaftIndex;
  }

  quorumReached(acknowledged: (id: MemberId) => number | undefined): number {
    return jointCommitted(this.#configuration, acknowledged);
  }

  quorumActive(): boolean {
    const active = new Map<MemberId, boolean>();
    for (const [id, progress] of this.#progress) active.set(id, progress.recentActive);
    return jointVote(this.#configuration, active) === 'won';
  }

  resetVotes(): void {
    this.#votes = new Map();
  }

  /** The first answer counts; a second one of the same member is a duplicate. */
  recordVote(id: MemberId, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  voteResult(): VoteResult {
    return jointVote(this.#configuration, this.#votes);
  }
}

import type { RaftIndex } from '@etcd-ts/foundation';
import { Inflights } from './inflights.js';

/**
 * `probe`: the follower's last matching index is not known; one append per heartbeat interval finds
 * it. `replicate`: known; appends stream, `next` runs ahead of the answers. `snapshot`: the log no
 * longer reaches back to it; nothing is sent until the snapshot is reported on.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/** A leader's view of one member. Invariant: match < next. */
export class Progress {
  /** The member's log equals the leader's up to here, durably there. */
  match = 0 as RaftIndex;
  next: RaftIndex;
  state: ProgressState = 'probe';
  /** Index of the snapshot under way in state `snapshot`. */
  pendingSnapshot = 0 as RaftIndex;
  /** Something was heard since the last quorum check. */
  recentActive = false;
  /** Waiting for an answer, or for the next heartbeat's, before another append goes out. */
  paused = false;
  /** The highest commit index sent, so that an idle follower is told about a newer one once. */
  sentCommit = 0 as RaftIndex;
  readonly inflights: Inflights;

  constructor(next: RaftIndex, maxInflight: number) {
    this.next = next;
    this.inflights = new Inflights(maxInflight);
  }

  /** A new leader knows nothing of anybody (Raft figure 2: nextIndex, matchIndex). */
  restart(lastIndex: RaftIndex): void {
    this.#enter('probe');
    this.match = 0 as RaftIndex;
    this.next = (lastIndex + 1) as RaftIndex;
    this.sentCommit = 0 as RaftIndex;
    this.recentActive = false;
  }

  /** Of its own log a leader knows the durable part, and counts no more of it. */
  becomeSelf(stableIndex: RaftIndex): void {
    this.state = 'replicate';
    this.match = stableIndex;
    this.recentActive = true;
  }

  becomeProbe(): void {
    // After a snapshot that did arrive the follower has at least its index.
    const base =
      this.state === 'snapshot' ? Math.max(this.match, this.pendingSnapshot) : this.match;
    this.#enter('probe');
    this.next = (base + 1) as RaftIndex;
    this.#capSentCommit();
  }

  becomeReplicate(): void {
    this.#enter('replicate');
    this.next = (this.match + 1) as RaftIndex;
  }

  becomeSnapshot(index: RaftIndex): void {
    this.#enter('snapshot');
    this.pendingSnapshot = index;
    this.next = (index + 1) as RaftIndex;
    this.sentCommit = index;
  }

  #enter(state: ProgressState): void {
    this.state = state;
    this.paused = false;
    this.pendingSnapshot = 0 as RaftIndex;
    this.inflights.reset();
  }

  /** An append with the `count` entries from `next` on is going out. */
  sent(count: number): void {
    if (this.state === 'probe') {
      this.paused = true;
      return;
    }
    if (count > 0) {
      this.next = (this.next + count) as RaftIndex;
      this.inflights.add(this.next - 1);
    }
    this.paused = this.inflights.full();
  }

  /** False for an answer that tells nothing new: late, or doubled. */
  maybeUpdate(index: RaftIndex): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1) as RaftIndex;
    this.paused = false;
    return true;
  }

  /**
   * The append after `rejected` did not fit; the logs can match at `hint` or before. False for an
   * answer to a message of the past, which must not pull back a `next` found since.
   */
  maybeDecrease(rejected: RaftIndex, hint: RaftIndex): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = (this.match + 1) as RaftIndex;
      this.#capSentCommit();
      return true;
    }
    if (this.next - 1 !== rejected) return false;
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1) as RaftIndex;
    this.#capSentCommit();
    this.paused = false;
    return true;
  }

  isPaused(): boolean {
    return this.state === 'snapshot' || this.paused;
  }

  /** The follower does not know of `commit` yet and could use it. */
  canLearnCommit(commit: RaftIndex): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  #capSentCommit(): void {
    this.sentCommit = Math.min(this.sentCommit, this.next - 1) as RaftIndex;
  }
}

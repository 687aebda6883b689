import { NO_MEMBER } from '@etcd-ts/foundation';
import type { CancelTimer, MemberId, Scheduler } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';

/** An election may take this many timeouts before the streams are told (etcd). */
const MAX_TIMEOUTS_WITHOUT_LEADER = 3;

/**
 * Streams whose client asked for it (`hasleader`) end when there is no leader for a while: a watch on
 * a member that is cut off would look like a watch on a quiet cluster.
 */
export class LeaderLoss {
  readonly #controllers = new Set<AbortController>();
  readonly #cancelTimer: CancelTimer;
  #timeoutsWithout = 0;

  constructor(scheduler: Scheduler, electionTimeoutMs: number, leader: () => MemberId) {
    this.#cancelTimer = scheduler.every(electionTimeoutMs, () => this.#check(leader()));
  }

  /** What is to be aborted; returns what takes it off the list again. */
  concerns(controller: AbortController): () => void {
    this.#controllers.add(controller);
    return () => this.#controllers.delete(controller);
  }

  stop(): void {
    this.#cancelTimer();
  }

  #check(leader: MemberId): void {
    this.#timeoutsWithout = leader === NO_MEMBER ? this.#timeoutsWithout + 1 : 0;
    if (this.#timeoutsWithout < MAX_TIMEOUTS_WITHOUT_LEADER) return;
    for (const controller of [...this.#controllers]) controller.abort(ERRORS.NoLeader.error());
  }
}

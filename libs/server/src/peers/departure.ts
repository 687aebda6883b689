import { hexId } from '@etcd-ts/foundation';
import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';

import type { PeerCalls } from './network.js';

/** Between the removal of this member and its end (etcd: one second). */
const DELAY_MS = 1000;
const ASK_EVERY_MS = 500;
const ASK_TIMEOUT_MS = 1000;
/** Whoever is left for good without an answer is of no use to anybody. */
const LIMIT_MS = 60_000;

export interface DepartureParts {
  readonly cluster: Pick<Cluster, 'localId' | 'members'>;
  readonly calls: Pick<PeerCalls, 'cluster'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly stopped: () => boolean;
  /** Once. */
  readonly leave: () => void;
}

/**
 * The end of a member that was removed, and knows it from its own log.
 *
 * Of two voters the one that stays may not have heard of it yet. It cannot commit the removal alone,
 * and would lead nobody, ever, if this one were gone: so this one stays, to tell it or to vote for it,
 * until another member shows that it knows, and by then that is durable there. etcd goes after its
 * second, and has to be helped with --force-new-cluster then.
 */
export class Departure {
  readonly #parts: DepartureParts;
  #hasBegun = false;
  #isConfirmed = false;
  #cancel: CancelTimer = () => undefined;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** In a moment: the others should still hear that this member has applied its removal. */
  begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const untilMs = this.#parts.clock.monotonicMs() + LIMIT_MS;
    this.#cancel = this.#parts.scheduler.after(DELAY_MS, () => void this.#leave(untilMs));
  }

  /** Another member says that this one was removed. */
  confirmed(): void {
    this.#isConfirmed = true;
    this.begin();
  }

  /** The member stops for another reason. */
  stop(): void {
    this.#cancel();
  }

  async #leave(untilMs: number): Promise<void> {
    const { clock, scheduler, logger, cluster, stopped, leave } = this.#parts;
    for (let tries = 0; !stopped() && !(await this.#isKnownToOthers()); tries++) {
      if (clock.monotonicMs() > untilMs) break;
      if (tries === 0) {
        logger.warn('removed, but no remaining member knows it yet; staying until one does', {
          'local-member-id': hexId(cluster.localId),
          'at-most': `${LIMIT_MS / 1000}s`,
        });
      }
      await new Promise<void>((resolve) => {
        this.#cancel = scheduler.after(ASK_EVERY_MS, resolve);
      });
    }
    if (!stopped()) leave();
  }

  async #isKnownToOthers(): Promise<boolean> {
    const { cluster, calls } = this.#parts;
    const others = cluster.members().filter(({ id }) => id !== cluster.localId);
    if (this.#isConfirmed || others.length === 0) return true;
    const known = await Promise.all(
      others.map(({ peerUrls }) => calls.cluster(peerUrls, ASK_TIMEOUT_MS)),
    );
    return (
      this.#isConfirmed ||
      known.some((remote) => remote?.members.every(({ id }) => id !== cluster.localId) === true)
    );
  }
}

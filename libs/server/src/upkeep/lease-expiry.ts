import { hexId } from '@etcd-ts/foundation';
import type { CancelTimer, Clock, LeaseId, Logger, Scheduler, Term } from '@etcd-ts/foundation';
import type { Lessor } from '@etcd-ts/lease';

/** How often expired leases are looked for (etcd: 500 ms). */
const CHECK_INTERVAL_MS = 500;
/** Revocations proposed per check, 1000 a second as etcd: an expiry storm must leave room. */
const MAX_REVOCATIONS_PER_CHECK = 500;

export interface LeaseExpiryParts {
  readonly lessor: Lessor;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** In which this member leads; undefined: it does not. */
  readonly leads: () => Term | undefined;
  /** As the leader of `term`: rejects if it leads no longer. */
  readonly revoke: (id: LeaseId, term: Term) => Promise<void>;
  /** An expired lease is gone, by the proposal of this member. */
  readonly revoked: () => void;
  readonly stopped: () => boolean;
}

/**
 * The primary proposes to revoke what has expired. A proposal that fails is not repeated here:
 * the lessor hands the lease out again after a while for as long as it exists.
 *
 * Only in the term in which it leads: a leader that was paused finds all leases expired, for its
 * successor has renewed them meanwhile, and it knows of neither. Forwarded to the successor, what
 * it proposes then would end leases that their holders keep alive (etcd #15247).
 */
export function startLeaseExpiry(parts: LeaseExpiryParts): CancelTimer {
  const revokeExpired = (): void => {
    const term = parts.leads();
    if (term === undefined) return;
    const now = parts.clock.monotonicMs();
    for (const id of parts.lessor.expired(now, MAX_REVOCATIONS_PER_CHECK)) {
      parts.revoke(id, term).then(parts.revoked, (error: unknown) => {
        if (parts.stopped()) return;
        parts.logger.warn('failed to revoke lease', {
          'lease-id': hexId(id),
          error: error instanceof Error ? error : String(error),
        });
      });
    }
  };
  return parts.scheduler.every(CHECK_INTERVAL_MS, revokeExpired, {
    kind: 'poll',
    idleUntilMs: () => parts.lessor.nextExpiryMs,
  });
}

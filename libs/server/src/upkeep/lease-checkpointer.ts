import type { CancelTimer, Clock, Logger, Scheduler, Term } from '@etcd-ts/foundation';
import type { LeaseCheckpoint, Lessor } from '@etcd-ts/lease';

/** How often due checkpoints are looked for (etcd: with the expired leases). */
const CHECK_INTERVAL_MS = 500;
/** Leases in one entry of the log (etcd). */
const MAX_CHECKPOINTS_PER_ENTRY = 1000;

export interface LeaseCheckpointerParts {
  readonly lessor: Lessor;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** In which this member leads; undefined: it does not. */
  readonly leads: () => Term | undefined;
  /** As the leader of `term`: rejects if it leads no longer. */
  readonly propose: (checkpoints: readonly LeaseCheckpoint[], term: Term) => Promise<void>;
  readonly stopped: () => boolean;
}

/**
 * The primary writes down how long its leases have to live. A checkpoint that is lost is replaced by
 * the lease's next one; until then a new leader would only keep it longer. Never in another term:
 * what a former leader remembers is less than what its successor has promised.
 */
export function startLeaseCheckpoints(parts: LeaseCheckpointerParts): CancelTimer {
  const { lessor, clock, scheduler, logger } = parts;
  const writeDown = (): void => {
    const term = parts.leads();
    if (term === undefined) return;
    const due = lessor.checkpointsDue(clock.monotonicMs(), MAX_CHECKPOINTS_PER_ENTRY);
    if (due.length === 0) return;
    parts.propose(due, term).catch((error: unknown) => {
      if (parts.stopped()) return;
      logger.warn('failed to checkpoint leases', {
        error: error instanceof Error ? error : String(error),
      });
    });
  };
  return scheduler.every(CHECK_INTERVAL_MS, writeDown, {
    kind: 'poll',
    idleUntilMs: () => lessor.nextCheckpointMs,
  });
}

import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
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
  readonly propose: (checkpoints: readonly LeaseCheckpoint[]) => Promise<void>;
  readonly stopped: () => boolean;
}

/**
 * The primary writes down how long its leases have to live. A checkpoint that is lost is replaced by
 * the lease's next one; until then a new leader would only keep it longer.
 */
export function startLeaseCheckpoints(parts: LeaseCheckpointerParts): CancelTimer {
  const { lessor, clock, scheduler, logger } = parts;
  return scheduler.every(CHECK_INTERVAL_MS, () => {
    const due = lessor.checkpointsDue(clock.monotonicMs(), MAX_CHECKPOINTS_PER_ENTRY);
    if (due.length === 0) return;
    parts.propose(due).catch((error: unknown) => {
      if (parts.stopped()) return;
      logger.warn('failed to checkpoint leases', {
        error: error instanceof Error ? error : String(error),
      });
    });
  });
}

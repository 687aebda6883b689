import type { CancelTimer, Clock, LogFields, Logger, Scheduler } from '@etcd-ts/foundation';
import type { AutoCompaction } from '@etcd-ts/config';

const HOUR_MS = 3_600_000;
/** How often revision mode looks (etcd: every five minutes). */
const REVISION_CHECK_INTERVAL_MS = 300_000;
/** A period is observed in this many steps: more would only make the target finer. */
const SAMPLES_PER_INTERVAL = 10;

export interface AutoCompactorParts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly currentRevision: () => number;
  /** Only the leader compacts. */
  readonly isLeader: () => boolean;
  /** Proposes a compaction, never rejects; `done` also when the revision is compacted already. */
  readonly compact: (revision: number) => Promise<'done' | 'failed'>;
}

/** --auto-compaction-mode and --auto-compaction-retention. Returns what stops it. */
export function startAutoCompaction(mode: AutoCompaction, parts: AutoCompactorParts): CancelTimer {
  switch (mode.mode) {
    case 'off':
      return () => undefined;
    case 'periodic':
      return startPeriodic(mode.retentionMs, parts);
    case 'revision':
      return startByRevision(mode.retentionRevisions, parts);
  }
}

/**
 * Compacts to the revision of one period ago: first after a whole period, then every period or
 * every hour, whichever is shorter. Revisions are sampled ten times per such interval, on followers
 * too, and a compaction that failed is tried again at the next sample.
 */
function startPeriodic(periodMs: number, parts: AutoCompactorParts): CancelTimer {
  const { clock } = parts;
  const intervalMs = Math.min(periodMs, HOUR_MS);
  const sampleMs = intervalMs / SAMPLES_PER_INTERVAL;
  const samplesKept = Math.floor(periodMs / sampleMs) + 1;
  // The oldest of them is never younger than one period when the next sample is due.
  const samples = [parts.currentRevision()];
  let dueMs = clock.monotonicMs() + periodMs;
  const compact = singleCompaction(parts, 'periodic', { 'compact-period': `${periodMs}ms` });
  return parts.scheduler.every(sampleMs, () => {
    const target = samples[0] ?? 0;
    samples.push(parts.currentRevision());
    if (samples.length > samplesKept) samples.shift();
    const nowMs = clock.monotonicMs();
    if (nowMs < dueMs) return;
    compact(target, () => (dueMs = nowMs + intervalMs));
  });
}

/** Every five minutes, keeping so many revisions. */
function startByRevision(retention: number, parts: AutoCompactorParts): CancelTimer {
  const compact = singleCompaction(parts, 'revision', {
    'revision-compaction-retention': retention,
  });
  return parts.scheduler.every(REVISION_CHECK_INTERVAL_MS, () => {
    compact(parts.currentRevision() - retention, () => undefined);
  });
}

/** Compacts unless it is nothing new, somebody else's task, or the last one is under way. */
function singleCompaction(parts: AutoCompactorParts, mode: string, fields: LogFields) {
  const { logger } = parts;
  let compacted = 0;
  let isRunning = false;
  return (target: number, succeeded: () => void): void => {
    if (isRunning || !parts.isLeader() || target <= compacted) return;
    isRunning = true;
    const details = { revision: target, ...fields };
    logger.info(`starting auto ${mode} compaction`, details);
    void parts.compact(target).then((outcome) => {
      isRunning = false;
      if (outcome === 'failed') {
        logger.warn(`failed auto ${mode} compaction`, details);
        return;
      }
      compacted = target;
      succeeded();
      logger.info(`completed auto ${mode} compaction`, details);
    });
  };
}

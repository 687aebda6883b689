import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
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
  /** Proposes a compaction; `done` also when the revision is compacted already. */
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
 * every hour, whichever is shorter. Revisions are sampled ten times per such interval, and a
 * compaction that failed is tried again at the next sample.
 */
function startPeriodic(periodMs: number, parts: AutoCompactorParts): CancelTimer {
  const intervalMs = Math.min(periodMs, HOUR_MS);
  const sampleMs = intervalMs / SAMPLES_PER_INTERVAL;
  const samplesKept = Math.floor(periodMs / sampleMs) + 1;
  const samples = [parts.currentRevision()];
  let dueMs = parts.clock.monotonicMs() + periodMs;
  let compacted = 0;

  const sample = async (): Promise<void> => {
    if (!parts.isLeader()) {
      // A follower's samples say nothing about when revisions happened on this clock.
      samples.splice(0, samples.length, parts.currentRevision());
      dueMs = parts.clock.monotonicMs() + periodMs;
      return;
    }
    const target = samples[0] ?? 0;
    if (parts.clock.monotonicMs() >= dueMs && target > compacted) {
      parts.logger.info('starting auto periodic compaction', {
        revision: target,
        'compact-period': `${periodMs}ms`,
      });
      if ((await parts.compact(target)) === 'done') {
        compacted = target;
        dueMs = parts.clock.monotonicMs() + intervalMs;
        parts.logger.info('completed auto periodic compaction', { revision: target });
      } else {
        parts.logger.warn('failed auto periodic compaction', { revision: target });
      }
    }
    samples.push(parts.currentRevision());
    if (samples.length > samplesKept) samples.shift();
  };
  return parts.scheduler.every(sampleMs, () => void sample());
}

function startByRevision(retention: number, parts: AutoCompactorParts): CancelTimer {
  let compacted = 0;
  const check = async (): Promise<void> => {
    const target = parts.currentRevision() - retention;
    if (!parts.isLeader() || target <= 0 || target === compacted) return;
    const fields = { revision: target, 'revision-compaction-retention': retention };
    parts.logger.info('starting auto revision compaction', fields);
    if ((await parts.compact(target)) === 'done') {
      compacted = target;
      parts.logger.info('completed auto revision compaction', fields);
    } else {
      parts.logger.warn('failed auto revision compaction', fields);
    }
  };
  return parts.scheduler.every(REVISION_CHECK_INTERVAL_MS, () => void check());
}

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
  const samples = new RevisionSamples(periodMs - sampleMs / 2);
  samples.add(clock.monotonicMs(), parts.currentRevision());
  let dueMs = clock.monotonicMs() + periodMs;
  const compaction = singleCompaction(parts, 'periodic', { 'compact-period': `${periodMs}ms` });
  const sample = (): void => {
    const nowMs = clock.monotonicMs();
    const target = samples.target(nowMs);
    samples.add(nowMs, parts.currentRevision());
    if (nowMs < dueMs) return;
    compaction.begin(target, () => (dueMs = nowMs + intervalMs));
  };
  return parts.scheduler.every(sampleMs, sample, {
    kind: 'poll',
    idleUntilMs: () => {
      const nowMs = clock.monotonicMs();
      if (samples.newest !== parts.currentRevision()) return 0;
      if (compaction.wants(samples.target(nowMs))) return dueMs;
      return Math.max(dueMs, samples.nextTargetMs);
    },
  });
}

interface Sample {
  readonly revision: number;
  /** When it was first seen. */
  readonly atMs: number;
}

/** Which revision was current a while ago: that of the newest sample of at least that age. */
class RevisionSamples {
  readonly #ageMs: number;
  /** One for each revision, oldest first; only the first may be older than anybody asks for. */
  #samples: Sample[] = [];

  constructor(ageMs: number) {
    this.#ageMs = ageMs;
  }

  get newest(): number {
    return this.#samples.at(-1)?.revision ?? 0;
  }

  /** From when on `target` is another one; Infinity: not as long as the revision stays. */
  get nextTargetMs(): number {
    return (this.#samples[1]?.atMs ?? Infinity) + this.#ageMs;
  }

  add(nowMs: number, revision: number): void {
    if (revision !== this.newest) this.#samples.push({ revision, atMs: nowMs });
  }

  /** Only the very first sample may be younger. */
  target(nowMs: number): number {
    const next = this.#samples.findIndex(({ atMs }) => atMs > nowMs - this.#ageMs);
    this.#samples.splice(0, (next === -1 ? this.#samples.length : next) - 1);
    return this.#samples[0]?.revision ?? 0;
  }
}

/** Every five minutes, keeping so many revisions. */
function startByRevision(retention: number, parts: AutoCompactorParts): CancelTimer {
  const compaction = singleCompaction(parts, 'revision', {
    'revision-compaction-retention': retention,
  });
  const target = (): number => parts.currentRevision() - retention;
  const look = (): void => compaction.begin(target(), () => undefined);
  return parts.scheduler.every(REVISION_CHECK_INTERVAL_MS, look, {
    kind: 'poll',
    idleUntilMs: () => (compaction.wants(target()) ? 0 : Infinity),
  });
}

/** Compacts unless it is nothing new, somebody else's task, or the last one is under way. */
function singleCompaction(parts: AutoCompactorParts, mode: string, fields: LogFields) {
  const { logger } = parts;
  let compacted = 0;
  let isRunning = false;
  const wants = (target: number): boolean => parts.isLeader() && target > compacted;
  const begin = (target: number, succeeded: () => void): void => {
    if (isRunning || !wants(target)) return;
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
  return { wants, begin };
}

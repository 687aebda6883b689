import type { ConfState } from '@etcd-ts/raft';

import type { OpenedStorage } from '../bootstrap/open-storage.js';
import type { MemberControl, MemberParts } from '../member-assembly.js';
import type { MemberState } from '../state.js';
import { BackendCommitter } from './backend-committer.js';
import { CompactionRunner } from './compaction-runner.js';
import { LogTrimmer } from './log-trimmer.js';
import { Snapshotter } from './snapshotter.js';
import { SpaceReclaimer } from './space-reclaimer.js';

/** What keeps a member tidy in the background. */
export interface Upkeep {
  readonly committer: BackendCommitter;
  readonly snapshotter: Snapshotter;
  readonly compaction: CompactionRunner;
  readonly reclaimer: SpaceReclaimer;
  readonly trimmer: LogTrimmer;
}

export function assembleUpkeep(
  parts: MemberParts,
  control: MemberControl,
  storage: OpenedStorage,
  state: MemberState,
  confState: () => ConfState,
): Upkeep {
  const { config, scheduler, clock, logger, metrics } = parts;
  const { backend } = storage;
  const reclaimer = new SpaceReclaimer(backend, scheduler, logger.named('server/space-reclaimer'));
  const pace = { intervalMs: config.backendBatchIntervalMs, limit: config.backendBatchLimit };
  const committer = new BackendCommitter(backend, scheduler, pace, control.failed);
  const snapshotter = new Snapshotter(
    {
      ...storage,
      files: storage.snapshots,
      scheduler,
      logger: logger.named('server/snapshotter'),
      confState,
      snapshotCount: config.snapshotCount,
      maxSnapshots: config.maxSnapshots,
      failed: control.failed,
    },
    storage.snapshotIndex,
  );
  const compaction = new CompactionRunner(
    {
      store: state.store,
      scheduler,
      clock,
      logger: logger.named('server/compaction'),
      observer: {
        step: (durationMs) => {
          // The index and the rows of a slice go together.
          metrics.mvcc.indexCompactionPause.observe(durationMs);
          metrics.mvcc.compactionPause.observe(durationMs);
        },
        finished: (durationMs) => {
          metrics.mvcc.compactionTotal.observe(durationMs);
          metrics.mvcc.lastCompaction.set(clock.wallMs() / 1000);
        },
      },
      finished: () => reclaimer.wake(),
      failed: control.failed,
    },
    {
      batchLimit: config.compactionBatchLimit,
      sleepIntervalMs: config.compactionSleepIntervalMs,
    },
  );
  const trimmer = new LogTrimmer(
    storage.log,
    storage.appliedIndex,
    config.snapshotCatchupEntries,
    confState,
  );
  return { committer, snapshotter, compaction, reclaimer, trimmer };
}

import { REAL_FILES } from '@etcd-ts/storage';
import type { Backend, DataDirectory, MemberFiles } from '@etcd-ts/storage';
import type { ServerConfig } from '@etcd-ts/config';
import type { Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';

import type { Peers } from '../peers/network.js';
import { ReceivedSnapshots } from '../transfer/received-snapshots.js';
import { openRaftStorage } from './raft-storage.js';
import type { RaftStorage } from './raft-storage.js';

export interface StorageParts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: EtcdMetrics;
  readonly peers: Peers;
  /** The machine's file system, if nothing else is said. */
  readonly files?: MemberFiles;
}

export interface OpenedStorage extends RaftStorage {
  readonly directory: DataDirectory;
  readonly backend: Backend;
  readonly received: ReceivedSnapshots;
}

/**
 * Opens a member's files, or creates them. The backend comes first, so that a crash between the
 * two leaves an empty backend without a log (a fresh start) and never a log without its backend.
 * On failure nothing stays open or locked.
 */
export async function openStorage(parts: StorageParts): Promise<OpenedStorage> {
  const { config, clock, scheduler, logger, metrics, files = REAL_FILES } = parts;
  const { calls } = parts.peers;
  const directory = files.openDirectory(config.dataDir, {
    logger: logger.named('storage/data-directory'),
    ...(config.walDir === undefined ? {} : { walDir: config.walDir }),
  });
  let backend: Backend | undefined;
  try {
    const backendOptions = {
      logger: logger.named('storage/backend'),
      clock,
      mustExist: directory.hasWal(),
      soon: (callback: () => void) => scheduler.soon(callback),
      observer: {
        committed: (seconds: number) => {
          metrics.disk.backendCommit.observe(seconds);
          metrics.disk.backendCommitWrite.observe(seconds);
          // SQLite keeps its pages in order while rows are written: a commit has none of it to do.
          metrics.disk.backendCommitRebalance.observe(0);
          metrics.disk.backendCommitSpill.observe(0);
        },
      },
    };
    backend = files.openBackend(directory.backendFile, backendOptions);
    const received = new ReceivedSnapshots({
      files,
      directory: directory.snapDir,
      incomingFile: directory.incomingFile,
      backendOptions,
      scheduler,
      clock,
      observer: {
        fsynced: (seconds) => metrics.disk.snapshotDatabaseFsync.observe(seconds),
        saved: (seconds) => metrics.disk.snapshotDatabaseSave.observe(seconds),
      },
      logger: logger.named('storage/snapshot'),
    });
    const raft = await openRaftStorage({
      files,
      config,
      directory,
      backend,
      received,
      calls,
      clock,
      logger,
      ...logObservers(metrics.disk),
    });
    return { ...raft, directory, backend, received };
  } catch (error) {
    try {
      // Nothing was applied yet, so there is nothing to lose by it.
      await backend?.close();
    } finally {
      directory.close();
    }
    throw error;
  }
}

const logObservers = (disk: EtcdMetrics['disk']) => ({
  observer: {
    fsynced: (seconds: number) => disk.walFsync.observe(seconds),
    written: (bytes: number, seconds: number) => {
      disk.walWriteBytes.inc(bytes);
      disk.walWrite.observe(seconds);
    },
  },
  snapshotObserver: {
    marshalled: (seconds: number) => disk.snapshotMarshal.observe(seconds),
    fsynced: (seconds: number) => disk.snapshotFsync.observe(seconds),
    saved: (seconds: number) => disk.snapshotSave.observe(seconds),
  },
});

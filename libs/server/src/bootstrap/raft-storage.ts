import { ClusterId, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import { MemoryLog } from '@etcd-ts/raft';
import { SnapshotFiles, Wal } from '@etcd-ts/storage';
import type { Backend, DataDirectory, WalObserver } from '@etcd-ts/storage';
import { WalMetadata } from '@etcd-ts/wire-protocol';

import { BootstrapError } from './bootstrap-error.js';
import { planNewCluster } from './new-cluster.js';

/** Everything raft starts from, and the files it goes on with. */
export interface RaftStorage {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  readonly wal: Wal;
  readonly snapshots: SnapshotFiles;
  readonly log: MemoryLog;
  /** Of the newest snapshot; raft counts everything up to here as applied. */
  readonly snapshotIndex: RaftIndex;
  readonly isNew: boolean;
}

export interface RaftStorageParts {
  readonly config: ServerConfig;
  readonly directory: DataDirectory;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: WalObserver;
}

/** A data directory with a log goes on where it was; one without begins a new cluster. */
export function openRaftStorage(parts: RaftStorageParts): Promise<RaftStorage> {
  return parts.directory.hasWal() ? reopen(parts) : create(parts);
}

async function create(parts: RaftStorageParts): Promise<RaftStorage> {
  const { config, directory, backend, logger } = parts;
  const plan = planNewCluster(config);
  if (backend.consistentIndex().index > 0) {
    throw new BootstrapError(
      `the backend ${directory.backendFile} holds data up to raft index ` +
        `${backend.consistentIndex().index}, but there is no write-ahead log in ` +
        `${directory.walDir}; restore the log or start with an empty data directory`,
    );
  }
  const { localId, clusterId, entries, hardState } = plan;
  const metadata = WalMetadata.encode({ NodeID: localId, ClusterID: clusterId }).finish();
  const wal = Wal.create(directory.walDir, metadata, walOptions(parts));
  wal.append(hardState, entries);
  await wal.sync();
  const log = new MemoryLog();
  log.setHardState(hardState);
  log.append(entries);
  logger.info('starting local member', {
    'local-member-id': localId.toString(16),
    'cluster-id': clusterId.toString(16),
  });
  const snapshots = new SnapshotFiles(directory.snapDir, {
    logger: logger.named('storage/snapshot'),
  });
  return { localId, clusterId, wal, snapshots, log, snapshotIndex: RaftIndex(0), isNew: true };
}

async function reopen(parts: RaftStorageParts): Promise<RaftStorage> {
  const { directory, backend, logger } = parts;
  const snapshots = new SnapshotFiles(directory.snapDir, {
    logger: logger.named('storage/snapshot'),
  });
  const positions = Wal.readValidSnapshots(directory.walDir);
  const snapshot = snapshots.loadNewest(positions);
  const start = snapshot?.metadata ?? { index: RaftIndex(0), term: Term(0) };
  const contents = Wal.open(directory.walDir, start, walOptions(parts));
  const { NodeID, ClusterID } = WalMetadata.decode(contents.metadata);
  if (NodeID === undefined || ClusterID === undefined) {
    throw new BootstrapError(`the write-ahead log in ${directory.walDir} names no member`);
  }
  const log = new MemoryLog();
  if (snapshot !== undefined) log.applySnapshot(snapshot);
  log.append(contents.entries);

  const applied = backend.consistentIndex().index;
  checkBackendPosition(applied, start.index, log.lastIndex(), parts);
  // The last commit index need not have reached the disk, but what the backend has applied was
  // committed, so raft may start from there.
  const commit = RaftIndex(Math.max(contents.hardState.commit, applied, start.index));
  log.setHardState({ ...contents.hardState, commit });
  logger.info('restarting local member', {
    'local-member-id': NodeID.toString(16),
    'cluster-id': ClusterID.toString(16),
    'commit-index': commit,
    'snapshot-index': start.index,
  });
  return {
    localId: MemberId(NodeID),
    clusterId: ClusterId(ClusterID),
    wal: contents.wal,
    snapshots,
    log,
    snapshotIndex: start.index,
    isNew: false,
  };
}

/**
 * The log below the snapshot is gone and the backend must hold its effects; and nothing is applied
 * that was not durable in the log before. If either fails, one of the two was replaced, lost or
 * rolled back, and going on would drop or repeat acknowledged writes.
 */
function checkBackendPosition(
  applied: RaftIndex,
  snapshotIndex: RaftIndex,
  lastIndex: RaftIndex,
  { directory }: RaftStorageParts,
): void {
  if (applied < snapshotIndex) {
    throw new BootstrapError(
      `the backend ${directory.backendFile} holds raft entries up to ${applied}, but the log ` +
        `was cut at the snapshot of ${snapshotIndex}: entries between them are missing`,
    );
  }
  if (applied > lastIndex) {
    throw new BootstrapError(
      `the backend ${directory.backendFile} has applied raft entry ${applied}, but the ` +
        `write-ahead log in ${directory.walDir} ends at ${lastIndex}`,
    );
  }
}

function walOptions({ config, clock, logger, observer }: RaftStorageParts) {
  return {
    clock,
    observer,
    logger: logger.named('storage/wal'),
    unsafeNoFsync: config.unsafeNoFsync,
    maxWals: config.maxWals,
  };
}

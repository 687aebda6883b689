import { ClusterId, hexId, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import { MemoryLog } from '@etcd-ts/raft';
import type { ConfState, Snapshot } from '@etcd-ts/raft';
import { SnapshotFiles, Wal } from '@etcd-ts/storage';
import type { Backend, DataDirectory, WalContents, WalObserver } from '@etcd-ts/storage';
import { WalMetadata } from '@etcd-ts/wire-protocol';

import { BootstrapError } from './bootstrap-error.js';
import { planNewCluster } from './new-cluster.js';
import type { NewCluster } from './new-cluster.js';
import { storedPosition } from './stored-position.js';

/** Everything raft starts from, and the files it goes on with. */
export interface RaftStorage {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  readonly wal: Wal;
  readonly snapshots: SnapshotFiles;
  readonly log: MemoryLog;
  /** Of the newest snapshot: where the log begins. */
  readonly snapshotIndex: RaftIndex;
  /** What the backend has applied already, and raft need not hand out again. */
  readonly appliedIndex: RaftIndex;
  /** The membership at appliedIndex; undefined before the first entry. */
  readonly confState: ConfState | undefined;
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
  const { config, directory, backend } = parts;
  const plan = planNewCluster(config);
  if (backend.consistentIndex().index > 0) {
    throw new BootstrapError(
      `the backend ${directory.backendFile} holds data up to raft index ` +
        `${backend.consistentIndex().index}, but there is no write-ahead log in ` +
        `${directory.walDir}; restore the log or start with an empty data directory`,
    );
  }
  const { localId, clusterId } = plan;
  const metadata = WalMetadata.encode({ NodeID: localId, ClusterID: clusterId }).finish();
  const wal = Wal.create(directory.walDir, metadata, walOptions(parts));
  return closingOnFailure(wal, () => begin(plan, wal, parts));
}

/** The first records of a log. Until they are durable this member has never existed. */
async function begin(
  { localId, clusterId, entries, hardState }: NewCluster,
  wal: Wal,
  parts: RaftStorageParts,
): Promise<RaftStorage> {
  wal.append(hardState, entries);
  await wal.sync();
  const log = new MemoryLog();
  log.setHardState(hardState);
  log.append(entries);
  parts.logger.info('starting local member', {
    'local-member-id': hexId(localId),
    'cluster-id': hexId(clusterId),
  });
  const start = RaftIndex(0);
  const snapshots = snapshotFiles(parts);
  const confState = undefined;
  return {
    localId,
    clusterId,
    wal,
    snapshots,
    log,
    snapshotIndex: start,
    appliedIndex: start,
    confState,
  };
}

async function reopen(parts: RaftStorageParts): Promise<RaftStorage> {
  const { directory } = parts;
  const snapshots = snapshotFiles(parts);
  const snapshot = snapshots.loadNewest(Wal.readValidSnapshots(directory.walDir));
  const start = snapshot?.metadata ?? { index: RaftIndex(0), term: Term(0) };
  const contents = Wal.open(directory.walDir, start, walOptions(parts));
  return closingOnFailure(contents.wal, async () => {
    const ids = memberOf(contents, parts);
    // The first batch ends with the first hard state: a crash tore it, and nothing came after it.
    if (snapshot === undefined && contents.hardState.term === 0) {
      return begin(planAgain(ids, parts), contents.wal, parts);
    }
    return goOn(ids, contents, snapshot, snapshots, parts);
  });
}

interface MemberIds {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
}

function memberOf({ metadata }: WalContents, { directory }: RaftStorageParts): MemberIds {
  const { NodeID, ClusterID } = WalMetadata.decode(metadata);
  if (NodeID === undefined || ClusterID === undefined) {
    throw new BootstrapError(`the write-ahead log in ${directory.walDir} names no member`);
  }
  return { localId: MemberId(NodeID), clusterId: ClusterId(ClusterID) };
}

/** A start that was interrupted is made again, as long as it is the same one. */
function planAgain(ids: MemberIds, { config, directory, backend }: RaftStorageParts): NewCluster {
  const plan = planNewCluster(config);
  const isSame = plan.localId === ids.localId && plan.clusterId === ids.clusterId;
  if (isSame && backend.consistentIndex().index === 0) return plan;
  throw new BootstrapError(
    `the write-ahead log in ${directory.walDir} belongs to member ${hexId(ids.localId)} of ` +
      `cluster ${hexId(ids.clusterId)} and has no entries; start with an empty data directory`,
  );
}

function goOn(
  ids: MemberIds,
  { wal, entries, hardState }: WalContents,
  snapshot: Snapshot | undefined,
  snapshots: SnapshotFiles,
  parts: RaftStorageParts,
): RaftStorage {
  const log = new MemoryLog();
  if (snapshot !== undefined) log.applySnapshot(snapshot);
  log.append(entries);
  const snapshotIndex = snapshot?.metadata.index ?? RaftIndex(0);
  const stored = storedPosition(parts, { ...ids, log, hardState, snapshotIndex });
  // The last commit index need not have reached the disk, but what the backend has applied was
  // committed, so raft may start from there.
  const commit = RaftIndex(Math.max(hardState.commit, stored.appliedIndex, snapshotIndex));
  log.setHardState({ ...hardState, commit });
  parts.logger.info('restarting local member', {
    'local-member-id': hexId(ids.localId),
    'cluster-id': hexId(ids.clusterId),
    'commit-index': commit,
    'applied-index': stored.appliedIndex,
    'snapshot-index': snapshotIndex,
  });
  return { ...ids, wal, snapshots, log, snapshotIndex, ...stored };
}

/** A log that stays open stays locked, and the next try would find it in use. */
async function closingOnFailure(wal: Wal, work: () => Promise<RaftStorage>): Promise<RaftStorage> {
  try {
    return await work();
  } catch (error) {
    // The first failure is the one to tell.
    await wal.close().catch(() => undefined);
    throw error;
  }
}

function snapshotFiles({ directory, logger }: RaftStorageParts): SnapshotFiles {
  return new SnapshotFiles(directory.snapDir, { logger: logger.named('storage/snapshot') });
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

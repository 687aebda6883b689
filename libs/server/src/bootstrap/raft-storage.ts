import { ClusterId, EMPTY_BYTES, hexId, MemberId, RaftIndex, Term } from '@etcd-ts/foundation';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import { MemoryLog } from '@etcd-ts/raft';
import type { ConfState, Snapshot } from '@etcd-ts/raft';
import type {
  Backend,
  DataDirectory,
  MemberFiles,
  SnapshotFiles,
  SnapshotFilesObserver,
  Wal,
  WalContents,
  WalObserver,
} from '@etcd-ts/storage';
import { WalMetadata } from '@etcd-ts/wire-protocol';

import { BootstrapError } from './bootstrap-error.js';
import type { Member } from '@etcd-ts/membership';
import type { PeerCalls } from '../peers/network.js';
import type { ReceivedSnapshots } from '../transfer/received-snapshots.js';
import { forceNewCluster } from './forced-cluster.js';
import { readInitialCluster } from './initial-cluster.js';
import { planJoin } from './join-cluster.js';
import { planNewCluster, refuseSecondBootstrap } from './new-cluster.js';
import type { NewCluster } from './new-cluster.js';
import { storedPosition } from './stored-position.js';
import type { StoredPosition } from './stored-position.js';

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
  /** Members of the cluster this one joins, while its own log does not name them yet. */
  readonly remotes: readonly Member[];
}

export interface RaftStorageParts {
  readonly files: MemberFiles;
  readonly config: ServerConfig;
  readonly directory: DataDirectory;
  readonly backend: Backend;
  readonly received: ReceivedSnapshots;
  readonly calls: PeerCalls;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: WalObserver;
  readonly snapshotObserver: SnapshotFilesObserver;
}

/** A data directory with a log goes on where it was; one without begins or joins a cluster. */
export function openRaftStorage(parts: RaftStorageParts): Promise<RaftStorage> {
  return parts.directory.hasWal() ? reopen(parts) : create(parts);
}

/** How a member without a past begins. */
interface Beginning {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  /** Of a new cluster. Who joins one begins with an empty log, which its leader fills. */
  readonly first: Pick<NewCluster, 'entries' | 'hardState'> | undefined;
  readonly remotes: readonly Member[];
}

async function create(parts: RaftStorageParts): Promise<RaftStorage> {
  const { files, directory, backend } = parts;
  if (backend.consistentIndex().index > 0) {
    throw new BootstrapError(
      `the backend ${directory.backendFile} holds data up to raft index ` +
        `${backend.consistentIndex().index}, but there is no write-ahead log in ` +
        `${directory.walDir}; restore the log or start with an empty data directory`,
    );
  }
  const beginning = await planBeginning(parts);
  const { localId, clusterId } = beginning;
  const metadata = WalMetadata.encode({ NodeID: localId, ClusterID: clusterId }).finish();
  const wal = files.createWal(directory.walDir, metadata, walOptions(parts));
  return closingOnFailure(wal, () => begin(beginning, wal, parts));
}

async function planBeginning({ config, calls }: RaftStorageParts): Promise<Beginning> {
  const cluster = await readInitialCluster(config, calls.lookup);
  if (config.initialClusterState === 'existing') {
    return { ...(await planJoin(config, cluster, calls)), first: undefined };
  }
  const plan = planNewCluster(config, cluster);
  await refuseSecondBootstrap(plan, config, cluster, calls);
  return { ...plan, first: plan, remotes: [] };
}

/** The first records of a log. Until they are durable this member has never existed. */
async function begin(
  { localId, clusterId, first, remotes }: Beginning,
  wal: Wal,
  parts: RaftStorageParts,
): Promise<RaftStorage> {
  const log = new MemoryLog();
  if (first !== undefined) {
    wal.append(first.hardState, first.entries);
    log.setHardState(first.hardState);
    log.append(first.entries);
  }
  await wal.sync();
  parts.logger.info('starting local member', {
    'local-member-id': hexId(localId),
    'cluster-id': hexId(clusterId),
  });
  const start = RaftIndex(0);
  return {
    localId,
    clusterId,
    wal,
    snapshots: snapshotFiles(parts),
    log,
    snapshotIndex: start,
    appliedIndex: start,
    confState: undefined,
    remotes,
  };
}

async function reopen(parts: RaftStorageParts): Promise<RaftStorage> {
  const { files, directory } = parts;
  const snapshots = snapshotFiles(parts);
  const snapshot = snapshots.loadNewest(files.readValidSnapshots(directory.walDir));
  const start = snapshot?.metadata ?? { index: RaftIndex(0), term: Term(0) };
  const contents = files.openWal(directory.walDir, start, walOptions(parts));
  return closingOnFailure(contents.wal, async () => {
    const ids = memberOf(contents, parts);
    // The first batch of a new cluster ends with its first hard state: a crash tore it, and nothing
    // came after it. Or this member is to join a cluster and has not heard of it yet.
    if (snapshot === undefined && contents.hardState.term === 0) {
      return begin(await planAgain(ids, parts), contents.wal, parts);
    }
    if (snapshot !== undefined) await finishInstallation(snapshot, parts);
    return goOn(ids, contents, snapshot, snapshots, parts);
  });
}

/**
 * The log begins behind the backend: a crash came between the record of a received snapshot and its
 * installation. Its content was durable before the record, so it is here, or it was taken away.
 */
async function finishInstallation(
  { metadata }: Snapshot,
  { backend, received, logger }: RaftStorageParts,
): Promise<void> {
  if (backend.consistentIndex().index >= metadata.index) return;
  logger.info('installing a received snapshot that a stop interrupted', {
    'applied-index': backend.consistentIndex().index,
    'snapshot-index': metadata.index,
  });
  if (!received.has(metadata.index)) return;
  const incoming = await received.openIncoming(metadata, () => false);
  try {
    backend.adopt(incoming);
  } finally {
    await incoming.close();
  }
  await received.forget(metadata.index);
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
async function planAgain(ids: MemberIds, parts: RaftStorageParts): Promise<Beginning> {
  const { config, directory, backend, calls } = parts;
  const joining = { ...ids, first: undefined, remotes: [] };
  // Whoever the others are: they know where this member is, and speak first.
  if (config.initialClusterState === 'existing') return joining;
  const plan = planNewCluster(config, await readInitialCluster(config, calls.lookup));
  const isSame = plan.localId === ids.localId && plan.clusterId === ids.clusterId;
  if (isSame && backend.consistentIndex().index === 0) return { ...plan, first: plan, remotes: [] };
  throw new BootstrapError(
    `the write-ahead log in ${directory.walDir} belongs to member ${hexId(ids.localId)} of ` +
      `cluster ${hexId(ids.clusterId)} and has no entries; start with an empty data directory, or ` +
      'with --initial-cluster-state=existing if it was joining that cluster',
  );
}

async function goOn(
  ids: MemberIds,
  { wal, entries, hardState }: WalContents,
  snapshot: Snapshot | undefined,
  snapshots: SnapshotFiles,
  parts: RaftStorageParts,
): Promise<RaftStorage> {
  const log = new MemoryLog();
  if (snapshot !== undefined) log.applySnapshot(snapshot);
  log.append(entries);
  const snapshotIndex = snapshot?.metadata.index ?? RaftIndex(0);
  const stored = storedPosition(parts, { ...ids, log, hardState, snapshotIndex });
  standForApplied(log, stored);
  // The last commit index need not have reached the disk, but what the backend has applied was
  // committed, so raft may start from there.
  const commit = RaftIndex(Math.max(hardState.commit, stored.appliedIndex, snapshotIndex));
  log.setHardState({ ...hardState, commit });
  if (parts.config.forceNewCluster) {
    await forceNewCluster(ids, { wal, log, ...stored }, parts.logger);
  }
  parts.logger.info('restarting local member', {
    'local-member-id': hexId(ids.localId),
    'cluster-id': hexId(ids.clusterId),
    'commit-index': log.initialState().hardState.commit,
    'applied-index': stored.appliedIndex,
    'snapshot-index': snapshotIndex,
  });
  return { ...ids, wal, snapshots, log, snapshotIndex, ...stored, remotes: [] };
}

/**
 * What raft would send to a member that is far behind is the applied state, which may be later than
 * the file it began from. A member that was added in between is in none of the entries that are
 * still to be applied: while the log offered the older state, which does not name it, that member
 * would be sent nothing, until thousands of entries later the log is cut.
 */
function standForApplied(log: MemoryLog, { appliedIndex, confState }: StoredPosition): void {
  if (confState !== undefined) log.createSnapshot(appliedIndex, confState, EMPTY_BYTES);
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

function snapshotFiles(parts: RaftStorageParts): SnapshotFiles {
  const { files, directory, clock, logger, snapshotObserver } = parts;
  return files.snapshotFiles(directory.snapDir, {
    logger: logger.named('storage/snapshot'),
    timing: { clock, observer: snapshotObserver },
  });
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

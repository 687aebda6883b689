import type { BoltReader } from '@etcd-ts/bolt';
import type { EndpointUrl } from '@etcd-ts/config';
import { EMPTY_BYTES, must, RaftIndex } from '@etcd-ts/foundation';
import type { Clock, ClusterId, Logger, MemberId } from '@etcd-ts/foundation';
import type { Member } from '@etcd-ts/membership';
import type { ConfState, SnapshotMetadata } from '@etcd-ts/raft';
import { REAL_FILES } from '@etcd-ts/storage';
import type { DataDirectory, MemberFiles } from '@etcd-ts/storage';
import { WalMetadata } from '@etcd-ts/wire-protocol';

import { readInitialCluster } from '../bootstrap/initial-cluster.js';
import { planNewCluster } from '../bootstrap/new-cluster.js';
import type { NewCluster } from '../bootstrap/new-cluster.js';
import type { HostLookup } from '../peers/network.js';
import { CONF_STATE, encodeConfState } from '../records/conf-state.js';
import { BackendMembershipRecords } from '../records/membership-records.js';
import { importRestored } from './restored-content.js';

/** The new cluster that a snapshot becomes the state of, and which of its members this one is. */
export interface RestoredClusterFlags {
  readonly name: string;
  readonly initialCluster: string;
  readonly initialClusterToken: string;
  readonly initialAdvertisePeerUrls: readonly EndpointUrl[];
}

export interface RestorePlan {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  readonly members: readonly Member[];
  /** Writes the member's files. Once. */
  restore(request: RestoreRequest): Promise<void>;
}

export interface RestoreRequest {
  /** Verified already. */
  readonly snapshot: BoltReader;
  /** Empty or not there; so is the other. */
  readonly dataDir: string;
  readonly walDir: string | undefined;
  /** 0: revisions go on where the snapshot ends. */
  readonly bumpRevisions: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The machine's file system, if nothing else is said. */
  readonly files?: MemberFiles;
}

/**
 * Ids follow from the flags alone: every member of the new cluster restores the same snapshot with the
 * same flags (but for its name and its own URLs), and they agree. Rejects with BootstrapError.
 */
export async function planRestore(
  flags: RestoredClusterFlags,
  lookup: HostLookup,
): Promise<RestorePlan> {
  const config = { ...flags, initialClusterState: 'new' as const };
  const plan = planNewCluster(config, await readInitialCluster(config, lookup));
  const { localId, clusterId, members } = plan;
  return { localId, clusterId, members, restore: (request) => restoreMember(plan, request) };
}

/**
 * The state first, the log last: without a log that knows its member a start refuses the directory,
 * so that a restore which a crash cut short is never taken for a member.
 */
async function restoreMember(plan: NewCluster, request: RestoreRequest): Promise<void> {
  const { dataDir, walDir, logger, files = REAL_FILES } = request;
  const directory = files.openDirectory(dataDir, {
    logger,
    ...(walDir === undefined ? {} : { walDir }),
  });
  try {
    const position = positionOf(plan);
    await writeState(plan, position, directory, request);
    await files
      .snapshotFiles(directory.snapDir, { logger })
      .save({ data: EMPTY_BYTES, metadata: position });
    await writeLog(plan, position, directory, request);
  } finally {
    directory.close();
  }
}

/**
 * Behind the entries that add the members. The log is cut there: a member that is added later must
 * get the restored state, which no entry can tell it.
 */
function positionOf({ entries, members }: NewCluster): SnapshotMetadata {
  const { index, term } = must(entries.at(-1), 'a cluster has a member');
  const confState: ConfState = {
    voters: members.map(({ id }) => id),
    learners: [],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  return { index: RaftIndex(index), term, confState };
}

async function writeState(
  { members }: NewCluster,
  { index, term, confState }: SnapshotMetadata,
  { backendFile }: DataDirectory,
  { snapshot, bumpRevisions, clock, logger, files = REAL_FILES }: RestoreRequest,
): Promise<void> {
  const target = files.createImport(backendFile);
  try {
    await importRestored(snapshot, target, bumpRevisions);
    await target.finish();
  } catch (error) {
    target.abort();
    throw error;
  }
  const backend = files.openBackend(backendFile, { logger, clock, mustExist: true });
  try {
    backend.beginEntry();
    const records = new BackendMembershipRecords(backend);
    for (const member of members) records.saveMember(member);
    backend.writeMeta(CONF_STATE, encodeConfState(confState));
    backend.setConsistentIndex(index, term);
    await backend.commitDurable();
  } finally {
    await backend.close();
  }
}

async function writeLog(
  { localId, clusterId, entries, hardState }: NewCluster,
  position: SnapshotMetadata,
  { walDir }: DataDirectory,
  { clock, logger, files = REAL_FILES }: RestoreRequest,
): Promise<void> {
  const metadata = WalMetadata.encode({ NodeID: localId, ClusterID: clusterId }).finish();
  const wal = files.createWal(walDir, metadata, { logger, clock });
  try {
    wal.append(hardState, entries);
    await wal.saveSnapshot(position);
  } finally {
    await wal.close();
  }
}

import { failpoint } from '@etcd-ts/failpoint';
import { hexId } from '@etcd-ts/foundation';
import type { Clock, Logger, Rng, Scheduler } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import type { MemberFiles } from '@etcd-ts/storage';
import type { EtcdMetrics } from '@etcd-ts/observability';

import { ConfChangeApplier } from './apply/conf-change-applier.js';
import { closeStorage } from './bootstrap/close-storage.js';
import { openStorage } from './bootstrap/open-storage.js';
import type { OpenedStorage } from './bootstrap/open-storage.js';
import type { EtcdServer } from './etcd-server.js';
import { HeartbeatLateness } from './heartbeat-lateness.js';
import { createCore } from './member-core.js';
import type { MemberCore } from './member-core.js';
import { assembleOperations } from './operations/assembly.js';
import { meetMembers } from './peers/connection.js';
import type { Peers } from './peers/network.js';
import { RaftLoop } from './raft-loop.js';
import type { LogWriter } from './raft-loop-parts.js';
import { assembleReplica } from './replica-assembly.js';
import { refreshMetrics } from './server-metrics.js';
import { restoreState } from './state.js';
import type { MemberState } from './state.js';
import { SnapshotInstaller } from './transfer/snapshot-installer.js';
import { assembleUpkeep } from './upkeep/assembly.js';
import type { Upkeep } from './upkeep/assembly.js';

/** What a member is made from: its configuration, and the world as arguments. */
export interface MemberParts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: EtcdMetrics;
  readonly peers: Peers;
  /** Where it keeps its data; the default is the machine's file system. */
  readonly files?: MemberFiles;
}

/** How the assembled parts reach whoever runs them. */
export interface MemberControl {
  readonly stopped: () => boolean;
  /** The member cannot go on: stop at once, acknowledge nothing more. */
  readonly failed: (error: Error) => void;
  /** The cluster has removed this member: so its own log says. */
  readonly removed: () => void;
  /** So another member says. */
  readonly removalConfirmed: () => void;
}

export interface AssembledMember extends OpenedStorage, MemberState, MemberCore, Upkeep {
  readonly loop: RaftLoop;
  readonly server: EtcdServer;
  refreshMetrics(): void;
}

export async function assembleMember(
  parts: MemberParts,
  control: MemberControl,
): Promise<AssembledMember> {
  const logger = parts.logger.named('server/bootstrap');
  const storage = await openStorage({ ...parts, logger });
  try {
    const state = await restoreState(storage, parts, control.failed);
    return assembleOver(storage, state, parts, control);
  } catch (error) {
    await closeStorage(storage, logger);
    throw error;
  }
}

function assembleOver(
  storage: OpenedStorage,
  state: MemberState,
  parts: MemberParts,
  control: MemberControl,
): AssembledMember {
  const { config, clock } = parts;
  const core = createCore(storage, state, parts, control, () => loop);
  const { raft, proposals, reads, network, traffic } = core;
  const { replica, upkeep } = assembleStateMachine(parts, control, storage, state, core);
  const lateness = new HeartbeatLateness({
    clock,
    logger: parts.logger.named('server/raft-loop'),
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    late: () => parts.metrics.server.heartbeatSendFailures.inc(),
  });
  const loop = new RaftLoop(
    {
      raft,
      log: storage.log,
      wal: logWriter(storage),
      proposals,
      reads,
      clock,
      scheduler: parts.scheduler,
      logger: parts.logger.named('server/raft-loop'),
      tickIntervalMs: config.heartbeatIntervalMs,
      electionTimeoutMs: config.electionTimeoutMs,
      send: (messages) => {
        lateness.sent(messages);
        traffic.sent(messages);
        network.send(messages);
      },
      dropped: (count) => parts.metrics.server.proposalsFailed.inc(count),
      failed: control.failed,
    },
    replica,
  );
  state.store.onLongWork = () => loop.showLife();
  parts.metrics.server.id.only(hexId(storage.localId)).set(1);
  const server = assembleOperations({
    ...parts,
    ...storage,
    ...state,
    ...core,
    ...upkeep,
    loop,
    stopped: control.stopped,
  });
  const mirrored = { ...storage, ...state, ...core };
  return {
    ...storage,
    ...state,
    ...upkeep,
    ...core,
    loop,
    server,
    refreshMetrics: () => refreshMetrics(parts.metrics, mirrored),
  };
}

function assembleStateMachine(
  parts: MemberParts,
  control: MemberControl,
  storage: OpenedStorage,
  state: MemberState,
  core: MemberCore,
) {
  const confChanges = new ConfChangeApplier({
    raft: core.raft,
    cluster: state.cluster,
    record: storage.backend,
    v2Store: state.v2Store,
    observer: {
      added: ({ id, peerUrls }) => {
        if (id !== storage.localId) core.network.addPeer(id, peerUrls);
      },
      removed: (id) => (id === storage.localId ? control.removed() : core.network.removePeer(id)),
      updated: (id, peerUrls) => {
        if (id !== storage.localId) core.network.updatePeer(id, peerUrls);
      },
    },
    logger: parts.logger.named('server/conf-change'),
  });
  const upkeep = assembleUpkeep(parts, control, storage, state, () => confChanges.confState);
  const installer = new SnapshotInstaller({
    ...parts,
    state,
    backend: storage.backend,
    received: storage.received,
    logger: parts.logger.named('server/snapshot'),
    stopped: control.stopped,
    quiesce: () => upkeep.snapshotter.idle(),
    installed: (index) => {
      confChanges.restored();
      upkeep.snapshotter.installed(index);
      upkeep.trimmer.installed(index);
      upkeep.compaction.resume();
      meetMembers(core.network, state.cluster);
    },
  });
  const replica = assembleReplica({
    install: (snapshot) => installer.install(snapshot),
    ...parts,
    ...storage,
    ...state,
    ...core,
    ...upkeep,
    confChanges,
  });
  return { upkeep, replica };
}

/** The snapshot's file before its record: a record in the log promises that there is a file. */
function logWriter({ wal, snapshots }: OpenedStorage): LogWriter {
  return {
    append: (hardState, entries) => wal.append(hardState, entries),
    sync: (mayBlock) => wal.sync(mayBlock),
    saveSnapshot: async (snapshot) => {
      await snapshots.save(snapshot);
      FAILPOINT: failpoint('raftBeforeWALSaveSnaphot');
      await wal.saveSnapshot(snapshot.metadata);
    },
  };
}

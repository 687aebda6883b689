import type { OpenedStorage } from '../bootstrap/open-storage.js';
import type { EtcdServer, MemberFacts } from '../etcd-server.js';
import type { MemberParts } from '../member-assembly.js';
import type { MemberCore } from '../member-core.js';
import type { RaftLoop } from '../raft-loop.js';
import { requestTimeoutMs } from '../request-timeout.js';
import type { MemberState } from '../state.js';
import type { Upkeep } from '../upkeep/assembly.js';
import { AlarmType } from '@etcd-ts/wire-protocol';
import { ClusterView } from './cluster-view.js';
import { KeyValues } from './key-values.js';
import { Leases } from './leases.js';
import { Maintenance } from './maintenance.js';
import { V2Operations } from './v2-operations.js';

type Parts = MemberParts &
  OpenedStorage &
  MemberState &
  MemberCore &
  Upkeep & {
    readonly loop: RaftLoop;
    readonly stopped: () => boolean;
  };

/** The member's operations, over its parts. */
export function assembleOperations(parts: Parts): EtcdServer {
  const { config, store, hub, requestIds, logger } = parts;
  const { calls } = parts.peers;
  const { ensureSpace } = parts.spaceGuard;
  const { maxRequestBytes } = config;
  const cluster = new ClusterView({
    ...parts,
    calls,
    logger: logger.named('server/cluster'),
    strictReconfigCheck: config.strictReconfigCheck,
    requestTimeoutMs: requestTimeoutMs(config),
    electionTimeoutMs: config.electionTimeoutMs,
    nextChangeId: () => requestIds.next(),
  });
  return {
    facts: memberFacts(parts),
    keyValues: new KeyValues({
      ...parts,
      maxRequestBytes,
      ensureSpace,
      commitBackend: () => parts.backend.commitDurable(),
    }),
    leases: new Leases({
      ...parts,
      ensureSpace,
      calls,
      logger: logger.named('server/lease'),
      requestTimeoutMs: requestTimeoutMs(config),
      nextLeaseId: () => requestIds.nextLeaseId(),
      currentRevision: () => store.currentRevision,
    }),
    cluster,
    maintenance: new Maintenance(parts),
    v2: new V2Operations({ ...parts, ensureSpace, members: cluster }),
    watch: {
      hub,
      previousKeyValue: (event) => store.previousKeyValue(event),
      progressNotifyIntervalMs: config.watchProgressNotifyIntervalMs,
    },
  };
}

function memberFacts(parts: Parts): MemberFacts {
  const { raft, cluster, store, alarms, config, requestIds, localId, clusterId } = parts;
  return {
    header: () => ({
      clusterId,
      memberId: localId,
      revision: store.currentRevision,
      raftTerm: raft.term,
    }),
    leader: () => raft.leader,
    isLearner: () => cluster.localMember?.isLearner ?? false,
    clusterVersion: () => cluster.clusterVersion,
    raftStatus: () => raft.status(),
    activeAlarms: () => alarms.list(AlarmType.NONE).map(({ alarm }) => alarm),
    electionTimeoutMs: config.electionTimeoutMs,
    maxRequestBytes: config.maxRequestBytes,
    maxTxnOperations: config.maxTxnOps,
    nextLeaseId: () => requestIds.nextLeaseId(),
  };
}

import { PasswordLogin } from '@etcd-ts/credentials';
import type { LeaseId } from '@etcd-ts/foundation';

import type { AuthenticationParts } from '../access/authentication.js';
import { memberCaller, STRANGER } from '../access/caller.js';
import { MemberServer } from '../access/member-server.js';
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
import { expectKind } from './key-values.js';
import { Maintenance } from './maintenance.js';
import { DirectWrites } from './direct-writes.js';
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
  const nextLeaseId = (): LeaseId => requestIds.nextLeaseId();
  const cluster = new ClusterView({
    ...parts,
    calls,
    logger: logger.named('server/cluster'),
    strictReconfigCheck: config.strictReconfigCheck,
    requestTimeoutMs: requestTimeoutMs(config),
    electionTimeoutMs: config.electionTimeoutMs,
    nextChangeId: () => requestIds.next(),
  });
  const maintenance = new Maintenance(parts);
  return new MemberServer(
    {
      auth: parts.auth,
      facts: memberFacts(parts),
      keyValues: {
        ...parts,
        maxRequestBytes,
        ensureSpace,
        commitBackend: () => parts.backend.commitDurable(),
      },
      directWrites: new DirectWrites({
        ...parts,
        maxRequestBytes,
        nextLeaseId,
        wake: () => parts.loop.wake(),
      }),
      leases: {
        ...parts,
        ensureSpace,
        calls,
        logger: logger.named('server/lease'),
        requestTimeoutMs: requestTimeoutMs(config),
        nextLeaseId,
        currentRevision: () => store.currentRevision,
      },
      authentication: authenticationParts(parts),
      cluster,
      maintenance,
      v2: new V2Operations({ ...parts, ensureSpace, members: cluster }),
      watch: {
        hub,
        previousKeyValue: (event) => store.previousKeyValue(event),
        progressNotifyIntervalMs: config.watchProgressNotifyIntervalMs,
      },
    },
    memberCaller(parts.auth),
  );
}

function authenticationParts({ auth, logins, consensus, store }: Parts): AuthenticationParts {
  const login = new PasswordLogin({
    ...logins,
    auth,
    readIndex: () => consensus.linearizable(),
    propose: async (name, simpleToken) => {
      const authenticate = { name, password: '', simpleToken };
      return expectKind(await consensus.propose({ authenticate }, STRANGER), 'auth').index;
    },
  });
  const { passwords } = logins;
  return { auth, consensus, passwords, login, currentRevision: () => store.currentRevision };
}

function memberFacts(parts: Parts): MemberFacts {
  const { raft, cluster, store, alarms, auth, config, requestIds, localId, clusterId } = parts;
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
    authEnabled: () => auth.enabled,
    electionTimeoutMs: config.electionTimeoutMs,
    maxRequestBytes: config.maxRequestBytes,
    maxTxnOperations: config.maxTxnOps,
    nextLeaseId: () => requestIds.nextLeaseId(),
  };
}

import { hexId, NO_MEMBER } from '@etcd-ts/foundation';

import { Applier } from './apply/applier.js';
import type { ConfChangeApplier } from './apply/conf-change-applier.js';
import { KeyValueApplier } from './apply/key-value-applier.js';
import { LeaseApplier } from './apply/lease-applier.js';
import type { OpenedStorage } from './bootstrap/open-storage.js';
import type { MemberParts } from './member-assembly.js';
import type { MemberCore } from './member-core.js';
import { Replica } from './replica.js';
import type { Snapshot } from '@etcd-ts/raft';
import type { MemberState } from './state.js';
import type { Upkeep } from './upkeep/assembly.js';

type Parts = MemberParts &
  OpenedStorage &
  MemberState &
  MemberCore &
  Upkeep & {
    readonly confChanges: ConfChangeApplier;
    readonly install: (snapshot: Snapshot) => Promise<void>;
  };

export function assembleReplica(parts: Parts): Replica {
  const { store, lessor, clock, logger, metrics, config, committer, snapshotter, trimmer } = parts;
  const applier = new Applier({
    keyValues: new KeyValueApplier(store, metrics.mvcc, () => parts.compaction.schedule()),
    leases: new LeaseApplier(lessor, store, clock, metrics),
    alarms: parts.alarms,
    auth: parts.auth,
    cluster: parts.cluster,
    store,
    v2Store: parts.v2Store,
    quota: parts.quota,
    logger: logger.named('server/applier'),
    quotaExceeded: () => void parts.spaceGuard.raiseAlarm(),
  });
  return new Replica({
    backend: parts.backend,
    applier,
    confChanges: parts.confChanges,
    proposals: parts.proposals,
    lessor,
    raft: parts.raft,
    clock,
    metrics,
    logger: logger.named('server/replica'),
    warningApplyDurationMs: config.warningApplyDurationMs,
    leaseExtensionMs: config.electionTimeoutMs,
    install: async (snapshot) => {
      metrics.server.snapshotApplyInProgress.set(1);
      try {
        await parts.install(snapshot);
      } finally {
        metrics.server.snapshotApplyInProgress.set(0);
      }
    },
    leadershipConfirmed: () => parts.leadership.confirmed(),
    applied: (entries) => {
      committer.applied();
      trimmer.applied(entries);
      const { index } = parts.backend.consistentIndex();
      snapshotter.applied(index);
      parts.appliedWaits.release(index);
    },
    leadershipChanged: (leader, isLeader) => {
      parts.leadership.changed();
      if (leader !== NO_MEMBER) metrics.server.leaderChanges.inc();
      metrics.server.hasLeader.set(leader === NO_MEMBER ? 0 : 1);
      metrics.server.isLeader.set(isLeader ? 1 : 0);
      logger.named('server/replica').info('raft leader changed', {
        'local-member-id': hexId(parts.localId),
        leader: hexId(leader),
        term: parts.raft.term,
      });
    },
  });
}

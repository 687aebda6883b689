import { hexId } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { AlarmType } from '@etcd-ts/wire-protocol';

import { alarmName } from './alarms.js';
import type { OpenedStorage } from './bootstrap/open-storage.js';
import type { MemberCore } from './member-core.js';
import type { MemberState } from './state.js';

/** Gauges that mirror the state: set when somebody looks, so that they cost a write nothing. */
export function refreshMetrics(
  { server, mvcc }: EtcdMetrics,
  parts: OpenedStorage & MemberState & MemberCore,
): void {
  const { raft, store, backend, hub, cluster, quota, alarms, proposals } = parts;
  server.proposalsCommitted.set(raft.commitIndex);
  server.proposalsApplied.set(raft.appliedIndex);
  server.proposalsPending.set(proposals.size);
  server.authRevision.set(parts.auth.revision);
  server.quotaBackendBytes.set(quota.limitBytes);
  server.isLearner.set(cluster.localMember?.isLearner === true ? 1 : 0);
  if (cluster.clusterVersion !== undefined) {
    server.clusterVersion.only(cluster.clusterVersion.replace(/\.\d+$/u, '')).set(1);
  }
  for (const member of cluster.members()) {
    for (const type of [AlarmType.NOSPACE, AlarmType.CORRUPT]) {
      const isRaised = alarms.list(type).some(({ memberID }) => memberID === member.id);
      server.alarms.with(hexId(member.id), alarmName(type)).set(isRaised ? 1 : 0);
    }
  }
  mvcc.databaseSize.set(backend.sizeBytes());
  mvcc.databaseSizeInUse.set(backend.sizeInUseBytes());
  mvcc.keys.set(store.keyCount);
  mvcc.currentRevision.set(store.currentRevision);
  mvcc.compactRevision.set(store.compactRevision);
  mvcc.watchers.set(hub.counts.watchers);
  mvcc.slowWatchers.set(hub.counts.pending + hub.counts.slow);
}

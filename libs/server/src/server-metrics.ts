import { hexId } from '@etcd-ts/foundation';
import type { Counter, EtcdMetrics, Family } from '@etcd-ts/observability';
import type { V2Store } from '@etcd-ts/v2-store';
import { AlarmType } from '@etcd-ts/wire-protocol';

import { alarmName } from './alarms.js';
import type { OpenedStorage } from './bootstrap/open-storage.js';
import type { MemberCore } from './member-core.js';
import type { MemberState } from './state.js';

/** Gauges that mirror the state: set when somebody looks, so that they cost a write nothing. */
export function refreshMetrics(
  { server, mvcc, legacy }: EtcdMetrics,
  parts: OpenedStorage & MemberState & MemberCore,
): void {
  const { raft, store, backend, hub, cluster, quota, alarms, proposals } = parts;
  server.proposalsCommitted.set(raft.commitIndex);
  server.proposalsApplied.set(raft.appliedIndex);
  server.proposalsPending.set(proposals.size);
  raiseTo(server.readIndexesFailed, parts.reads.failedRounds);
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
  mvcc.openReadTransactions.set(backend.openViewCount);
  mvcc.keys.set(store.keyCount);
  raiseTo(mvcc.compactedKeys, store.compactedRevisionCount);
  mvcc.currentRevision.set(store.currentRevision);
  mvcc.compactRevision.set(store.compactRevision);
  mvcc.watchers.set(hub.counts.watchers);
  mvcc.slowWatchers.set(hub.counts.pending + hub.counts.slow);
  refreshV2(legacy, parts.v2Store);
}

function refreshV2(metrics: EtcdMetrics['legacy'], store: V2Store): void {
  const counters = store.counters();
  const { recursive, recursiveFailed, watches } = store.lookups();
  raise(metrics.storeReads, 'getRecursive', recursive);
  raise(metrics.storeReads, 'get', counters.getsSuccess - recursive);
  raise(metrics.storeReadsFailed, 'getRecursive', recursiveFailed);
  raise(metrics.storeReadsFailed, 'get', counters.getsFail - recursiveFailed);
  raise(metrics.storeWrites, 'set', counters.setsSuccess);
  raise(metrics.storeWritesFailed, 'set', counters.setsFail);
  for (const action of ['create', 'update', 'delete', ...COMPARING] as const) {
    raise(metrics.storeWrites, action, counters[`${action}Success`]);
    raise(metrics.storeWritesFailed, action, counters[`${action}Fail`]);
  }
  raiseTo(metrics.storeExpires, counters.expireCount);
  raiseTo(metrics.storeWatchRequests, watches);
  metrics.storeWatchers.set(store.watcherCount);
}

const COMPARING = ['compareAndSwap', 'compareAndDelete'] as const;

/** As in etcd, an action that never happened has no series. */
function raise(family: Family<Counter>, action: string, value: number): void {
  if (value > 0) raiseTo(family.with(action), value);
}

/** The store's counts go back when a snapshot that knows less is taken; a counter must not. */
function raiseTo(counter: Counter, value: number): void {
  if (value > counter.value) counter.inc(value - counter.value);
}

import { must } from '@etcd-ts/foundation';
import type { Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import { Lessor } from '@etcd-ts/lease';
import type { LeaseRecords, LessorOptions } from '@etcd-ts/lease';
import { Cluster, clusterVersionOf, compareVersions, parseVersion } from '@etcd-ts/membership';
import { MvccStore, WatchHub } from '@etcd-ts/mvcc';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { BucketV2Records, V2Store } from '@etcd-ts/v2-store';

import { openMemberAuth } from './access/member-auth.js';
import type { MemberAuth } from './access/member-auth.js';
import { Alarms } from './alarms.js';
import { BootstrapError } from './bootstrap/bootstrap-error.js';
import type { OpenedStorage } from './bootstrap/open-storage.js';
import { runInSlices } from './operations/slices.js';
import { BackendLeaseRecords } from './records/lease-records.js';
import { BackendMembershipRecords } from './records/membership-records.js';
import { WatchCatchUp } from './upkeep/watch-catch-up.js';
import { SERVER_VERSION } from './version.js';

/** The replicated state as the backend has it, and who listens to its changes. */
export interface MemberState extends MemberAuth {
  readonly lessor: Lessor;
  readonly store: MvccStore;
  readonly cluster: Cluster;
  /** Also where its API is not served: all members apply alike. */
  readonly v2Store: V2Store;
  readonly alarms: Alarms;
  readonly hub: WatchHub;
  readonly catchUp: WatchCatchUp;
}

export interface StateParts {
  readonly config: ServerConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: EtcdMetrics;
}

/** etcd's: a leader writes down every five minutes how long a lease has to live. */
const CHECKPOINT_INTERVAL_MS = 300_000;

export function lessorOptions(config: ServerConfig, store: LeaseRecords): LessorOptions {
  return {
    // ceil(3/2 * election timeout): a lease must outlive the election of a new leader.
    minTtlSeconds: Math.ceil((1.5 * config.electionTimeoutMs) / 1000),
    store,
    ...(config.leaseCheckpoint ? { checkpointIntervalMs: CHECKPOINT_INTERVAL_MS } : {}),
  };
}

export async function restoreState(
  storage: OpenedStorage,
  parts: StateParts,
  failed: (error: Error) => void,
): Promise<MemberState> {
  const { backend, localId, clusterId } = storage;
  const { config, clock, scheduler, logger, metrics } = parts;
  const lessor = new Lessor(lessorOptions(config, new BackendLeaseRecords(backend)));
  // Leases first: restoring the keys attaches them.
  lessor.restore();
  const startedMs = clock.monotonicMs();
  const restoring = MvccStore.restore(backend, lessor);
  const store = await runInSlices(restoring, parts, () => false);
  logger.info('restored key-value store', {
    'current-revision': store.currentRevision,
    keys: store.keyCount,
    took: `${(clock.monotonicMs() - startedMs).toFixed(3)}ms`,
  });
  const cluster = new Cluster({
    localId,
    clusterId,
    store: new BackendMembershipRecords(backend),
    maxLearners: config.maxLearners,
  });
  cluster.load();
  refuseNewerCluster(cluster.clusterVersion);
  const v2Store = new V2Store(new BucketV2Records(backend));
  v2Store.restore();
  const appliedIndex = () => backend.consistentIndex().index;
  const auth = openMemberAuth({ config, clock, logger, buckets: backend, lessor, appliedIndex });
  const catchUp = new WatchCatchUp(scheduler, failed);
  const hub = new WatchHub(store, { onCatchUpNeeded: () => catchUp.wake() });
  catchUp.drive((budget) => hub.catchUpStep(budget));
  store.onRevision = (commit, changes) => {
    metrics.mvcc.events.inc(changes);
    hub.publish(commit);
  };
  return { ...auth, lessor, store, cluster, v2Store, alarms: new Alarms(backend), hub, catchUp };
}

/** The log may hold what this version cannot apply, and its members rely on what it cannot do. */
function refuseNewerCluster(clusterVersion: string | undefined): void {
  const cluster = clusterVersion === undefined ? undefined : parseVersion(clusterVersion);
  const server = must(parseVersion(SERVER_VERSION), 'the own version is one');
  if (cluster === undefined || compareVersions(clusterVersionOf(server), cluster) >= 0) return;
  throw new BootstrapError(
    `invalid downgrade; server version is lower than determined cluster version ` +
      `(${SERVER_VERSION} < ${clusterVersion})`,
  );
}

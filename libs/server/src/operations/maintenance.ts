import { MemberId } from '@etcd-ts/foundation';
import type { Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { Cluster, Downgrade } from '@etcd-ts/membership';
import type { MvccStore } from '@etcd-ts/mvcc';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { Raft } from '@etcd-ts/raft';
import type { Backend } from '@etcd-ts/storage';
import { AlarmRequest_AlarmAction, AlarmType, ERRORS } from '@etcd-ts/wire-protocol';
import type { AlarmRequest, AlarmResponse, StatusResponse } from '@etcd-ts/wire-protocol';

import { alarmName } from '../alarms.js';
import type { Alarms } from '../alarms.js';
import type { HashKvAnswer, MaintenanceOperations } from '../etcd-server.js';
import type { Quota } from '../quota.js';
import { revisionHeader } from '../translate/response-translation.js';
import { openDatabaseContent } from '../transfer/outgoing-snapshot.js';
import type { DatabaseContent } from '../transfer/outgoing-snapshot.js';
import type { SpaceReclaimer } from '../upkeep/space-reclaimer.js';
import { SERVER_VERSION, STORAGE_VERSION } from '../version.js';
import { backendHash } from './backend-hash.js';
import type { Consensus } from './consensus.js';
import { changeDowngrade } from './downgrade.js';
import { expectKind } from './key-values.js';
import { runInSlices } from './slices.js';

export interface MaintenanceParts {
  readonly consensus: Consensus;
  readonly raft: Raft;
  readonly cluster: Cluster;
  readonly store: MvccStore;
  readonly backend: Backend;
  readonly alarms: Alarms;
  readonly quota: Quota;
  readonly reclaimer: SpaceReclaimer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scheduler: Scheduler;
  readonly metrics: EtcdMetrics;
  readonly stopped: () => boolean;
}

export class Maintenance implements MaintenanceOperations {
  readonly #parts: MaintenanceParts;

  constructor(parts: MaintenanceParts) {
    this.#parts = parts;
  }

  /** A GET is answered from here; what changes alarms goes through the log. */
  async alarm(request: AlarmRequest): Promise<AlarmResponse> {
    if (request.action === AlarmRequest_AlarmAction.GET) {
      return {
        header: revisionHeader(this.#parts.store.currentRevision),
        alarms: [...this.#parts.alarms.list(request.alarm)],
      };
    }
    const applied = await this.#parts.consensus.propose({ alarm: request });
    return expectKind(applied, 'alarm').response;
  }

  async status(): Promise<StatusResponse> {
    const { raft, store, backend, quota, cluster } = this.#parts;
    const { term, commit, applied, leader } = raft.status();
    return {
      header: revisionHeader(store.currentRevision),
      version: SERVER_VERSION,
      dbSize: BigInt(backend.sizeBytes()),
      leader,
      raftIndex: BigInt(commit),
      raftTerm: BigInt(term),
      raftAppliedIndex: BigInt(applied),
      errors: this.#statusErrors(leader),
      dbSizeInUse: BigInt(backend.sizeInUseBytes()),
      isLearner: cluster.localMember?.isLearner ?? false,
      storageVersion: STORAGE_VERSION,
      dbSizeQuota: BigInt(quota.limitBytes),
      downgradeInfo: { ...cluster.downgrade },
    };
  }

  hash(): Promise<number> {
    const { metrics, backend, store, stopped } = this.#parts;
    return this.#timed(metrics.mvcc.hash, () =>
      runInSlices(backendHash(backend, store.currentRevision), this.#parts, stopped),
    );
  }

  async hashKv(revision: number): Promise<HashKvAnswer> {
    const { metrics, store, stopped } = this.#parts;
    const outcome = await this.#timed(metrics.mvcc.hashRevision, () =>
      ofOneGeneration(store, () => runInSlices(store.hashKv(revision), this.#parts, stopped)),
    );
    switch (outcome.kind) {
      case 'ok':
        return outcome;
      case 'compacted':
        throw ERRORS.Compacted.error();
      case 'future':
        throw ERRORS.FutureRev.error();
    }
  }

  async snapshot(): Promise<DatabaseContent> {
    const { consensus, clock, metrics } = this.#parts;
    consensus.checkRunning();
    const startedMs = clock.monotonicMs();
    const content = await openDatabaseContent(this.#parts);
    return {
      ...content,
      close: () => {
        content.close();
        metrics.disk.backendSnapshot.observe((clock.monotonicMs() - startedMs) / 1000);
      },
    };
  }

  downgrade(action: 'validate' | 'enable' | 'cancel', version: string): Promise<string> {
    return changeDowngrade(this.#parts, action, version);
  }

  async downgradeInfo(): Promise<Downgrade> {
    await this.#parts.consensus.linearizable();
    return this.#parts.cluster.downgrade;
  }

  async defragment(): Promise<void> {
    const { metrics, reclaimer } = this.#parts;
    metrics.disk.defragInflight.set(1);
    try {
      await this.#timed(metrics.disk.backendDefrag, () => reclaimer.reclaim());
    } finally {
      metrics.disk.defragInflight.set(0);
    }
  }

  #statusErrors(leader: MemberId): string[] {
    const errors = leader === 0n ? [ERRORS.NoLeader.message] : [];
    for (const alarm of this.#parts.alarms.list(AlarmType.NONE)) {
      // The trailing space is part of the text: Go prints the message's fields that way.
      errors.push(`memberID:${MemberId(alarm.memberID)} alarm:${alarmName(alarm.alarm)} `);
    }
    return errors;
  }

  async #timed<T>(
    histogram: { observe(seconds: number): void },
    work: () => Promise<T>,
  ): Promise<T> {
    const startedMs = this.#parts.clock.monotonicMs();
    try {
      return await work();
    } finally {
      histogram.observe((this.#parts.clock.monotonicMs() - startedMs) / 1000);
    }
  }
}

/** A hash during which a snapshot replaced the store is of neither state: it is computed again. */
async function ofOneGeneration<T>(store: MvccStore, compute: () => Promise<T>): Promise<T> {
  for (;;) {
    const { generation } = store;
    try {
      const result = await compute();
      if (store.generation === generation) return result;
    } catch (error) {
      if (store.generation === generation) throw error;
    }
  }
}

import { hexId, MemberId } from '@etcd-ts/foundation';
import type { Logger, Revision } from '@etcd-ts/foundation';
import type { AuthStore } from '@etcd-ts/auth';
import { authError } from '@etcd-ts/credentials';
import type { Cluster } from '@etcd-ts/membership';
import type { EncodedPut, MvccStore } from '@etcd-ts/mvcc';
import type { V2Store } from '@etcd-ts/v2-store';
import { AlarmRequest_AlarmAction, AlarmType, EtcdError, ERRORS } from '@etcd-ts/wire-protocol';
import type {
  AlarmMember,
  AlarmRequest,
  ClusterMemberAttrSetRequest,
  ClusterVersionSetRequest,
  DowngradeInfoSetRequest,
} from '@etcd-ts/wire-protocol';

import { alarmName } from '../alarms.js';
import type { Alarms } from '../alarms.js';
import type { Quota } from '../quota.js';
import { accessFailure } from './access-check.js';
import { AuthApplier } from './auth-applier.js';
import type { RaftRequest } from '../raft-request.js';
import { revisionHeader } from '../translate/response-translation.js';
import { SERVER_VERSION } from '../version.js';
import { putCostOf, spaceCost, v2Cost } from './cost.js';
import type { KeyValueApplier } from './key-value-applier.js';
import type { LeaseApplier } from './lease-applier.js';
import { applied, refused } from './outcome.js';
import type { ApplyOutcome } from './outcome.js';
import { V2Applier } from './v2-applier.js';

export interface ApplierParts {
  readonly keyValues: KeyValueApplier;
  readonly leases: LeaseApplier;
  readonly alarms: Alarms;
  readonly auth: AuthStore;
  readonly cluster: Cluster;
  readonly store: MvccStore;
  readonly v2Store: V2Store;
  readonly quota: Quota;
  readonly logger: Logger;
  /** The backend outgrew its quota while applying: somebody should propose the alarm. */
  readonly quotaExceeded: () => void;
}

/**
 * One committed request changes the replicated state: a function of that state and the request
 * alone, so that every member computes the same. (How full the local disk is decides only which
 * answer the proposer gets, never whether the write happens.)
 */
export class Applier {
  readonly #parts: ApplierParts;
  readonly #v2: V2Applier;
  readonly #users: AuthApplier;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
    this.#v2 = new V2Applier(parts.v2Store, parts.cluster);
    this.#users = new AuthApplier(parts.auth, () => parts.store.currentRevision);
  }

  /** `index` is the entry's. */
  apply(request: RaftRequest, index: number): ApplyOutcome {
    const { alarms, auth, quota } = this.#parts;
    const cost = spaceCost(request);
    const blocked = this.#blockedBy(alarms, request, cost);
    if (blocked !== undefined) return refused(blocked);
    // Before the quota: whoever may not write must not be able to raise an alarm by trying.
    const failure = accessFailure(auth, request);
    if (failure !== undefined) return refused(authError(failure));
    const fits = cost === 0 || quota.allows(cost);
    const outcome = this.#dispatch(request, index);
    if (fits || outcome.kind === 'refused') return outcome;
    // As in etcd, the write has happened on every member; its proposer learns that space is out.
    this.#parts.quotaExceeded();
    return refused(ERRORS.NoSpace.error());
  }

  /** Whether plain puts may be applied as such: nobody needs a permission. */
  get takesPlainPuts(): boolean {
    return !this.#parts.auth.enabled;
  }

  /** `apply` for a plain put: its revision, or what it is refused with. */
  plainPut(put: EncodedPut): Revision | EtcdError {
    const { alarms, quota, keyValues } = this.#parts;
    const cost = putCostOf(put.keyEnd - put.keyStart, put.valueEnd - put.valueStart);
    if (alarms.isAny) {
      if (alarms.isActive(AlarmType.CORRUPT)) return ERRORS.Corrupt.error();
      if (alarms.isActive(AlarmType.NOSPACE)) return ERRORS.NoSpace.error();
    }
    const fits = quota.allows(cost);
    const outcome = keyValues.plainPut(put);
    if (fits || typeof outcome !== 'number') return outcome;
    this.#parts.quotaExceeded();
    return ERRORS.NoSpace.error();
  }

  #blockedBy(alarms: Alarms, request: RaftRequest, cost: number): EtcdError | undefined {
    if (alarms.isActive(AlarmType.CORRUPT) && changesData(request)) {
      return ERRORS.Corrupt.error();
    }
    if (cost > 0 && alarms.isActive(AlarmType.NOSPACE)) return ERRORS.NoSpace.error();
    return undefined;
  }

  #dispatch(request: RaftRequest, index: number): ApplyOutcome {
    const { keyValues, leases } = this.#parts;
    if (request.put !== undefined) return keyValues.put(request.put);
    if (request.txn !== undefined) return keyValues.txn(request.txn);
    if (request.deleteRange !== undefined) return keyValues.deleteRange(request.deleteRange);
    if (request.leaseGrant !== undefined) return leases.grant(request.leaseGrant);
    if (request.leaseRevoke !== undefined) return leases.revoke(request.leaseRevoke);
    if (request.leaseCheckpoint !== undefined) return leases.checkpoint(request.leaseCheckpoint);
    if (request.compaction !== undefined) return keyValues.compact(request.compaction);
    if (request.alarm !== undefined) return this.#alarm(request.alarm);
    return this.#dispatchUsers(request, index) ?? this.#dispatchCluster(request);
  }

  #dispatchUsers(request: RaftRequest, index: number): ApplyOutcome | undefined {
    const outcome = this.#users.apply(request, index);
    if (outcome === undefined || outcome.kind === 'refused') return outcome;
    return applied({ kind: 'auth', answer: outcome.answer, index });
  }

  #dispatchCluster(request: RaftRequest): ApplyOutcome {
    if (request.v2 !== undefined) return this.#v2.apply(request.v2);
    if (request.clusterVersionSet !== undefined) {
      return this.#clusterVersion(request.clusterVersionSet);
    }
    if (request.clusterMemberAttrSet !== undefined) {
      return this.#memberAttributes(request.clusterMemberAttrSet);
    }
    if (request.downgradeInfoSet !== undefined) return this.#downgrade(request.downgradeInfoSet);
    // A log of a newer version: going on would silently diverge.
    throw new Error(
      `log entry with a request this version cannot apply: ${Object.keys(request)
        .filter((field) => request[field as keyof RaftRequest] !== undefined)
        .join(', ')}`,
    );
  }

  #alarm(request: AlarmRequest): ApplyOutcome {
    const response = {
      header: revisionHeader(this.#parts.store.currentRevision),
      alarms: [...this.#alarmsAfter(request)],
    };
    return applied({ kind: 'alarm', response });
  }

  #alarmsAfter(request: AlarmRequest): readonly AlarmMember[] {
    const { alarms, logger } = this.#parts;
    const memberId = MemberId(request.memberID);
    switch (request.action) {
      case AlarmRequest_AlarmAction.GET:
        return alarms.list(request.alarm);
      case AlarmRequest_AlarmAction.ACTIVATE:
        if (request.alarm === AlarmType.NONE) return [];
        logger.warn('alarm raised', {
          alarm: alarmName(request.alarm),
          from: hexId(memberId),
        });
        return [alarms.activate(memberId, request.alarm)];
      case AlarmRequest_AlarmAction.DEACTIVATE: {
        const gone = alarms.deactivate(memberId, request.alarm);
        if (gone === undefined) return [];
        logger.warn('alarm disarmed', {
          alarm: alarmName(request.alarm),
          from: hexId(memberId),
        });
        return [gone];
      }
      default:
        // Enums are open on the wire: an action nobody knows must pass through the log like any other.
        return [];
    }
  }

  #clusterVersion(request: ClusterVersionSetRequest): ApplyOutcome {
    const { cluster, logger, v2Store } = this.#parts;
    const from = cluster.clusterVersion;
    // In etcd, members and version live in the v2 store: its index counts their changes.
    v2Store.countClusterWrite('set');
    if (from === request.ver) return applied({ kind: 'clusterVersion' });
    cluster.setClusterVersion(request.ver);
    if (from === undefined) {
      logger.info('set initial cluster version', { 'cluster-version': request.ver });
    } else {
      logger.info('updated cluster version', { from, to: request.ver });
    }
    return applied({ kind: 'clusterVersion' });
  }

  #downgrade({ enabled, ver }: DowngradeInfoSetRequest): ApplyOutcome {
    this.#parts.cluster.setDowngrade({ enabled, targetVersion: ver });
    if (enabled) {
      this.#parts.logger.warn('The server is ready to downgrade', {
        'target-version': ver,
        'server-version': SERVER_VERSION,
      });
    }
    return applied({ kind: 'downgrade' });
  }

  #memberAttributes(request: ClusterMemberAttrSetRequest): ApplyOutcome {
    const attributes = request.memberAttributes;
    this.#parts.cluster.updateAttributes(MemberId(request.memberID), {
      name: attributes?.name ?? '',
      clientUrls: attributes?.clientUrls ?? [],
    });
    this.#parts.v2Store.countClusterWrite('set');
    return applied({ kind: 'memberAttributes' });
  }
}

function changesData(request: RaftRequest): boolean {
  return (
    request.put !== undefined ||
    request.txn !== undefined ||
    request.deleteRange !== undefined ||
    request.compaction !== undefined ||
    request.leaseGrant !== undefined ||
    request.leaseRevoke !== undefined ||
    (request.v2 !== undefined && v2Cost(request.v2) > 0)
  );
}

import { fromBinaryString, LeaseId, NO_LEASE, unreachable } from '@etcd-ts/foundation';
import type { Clock } from '@etcd-ts/foundation';
import type { Lessor } from '@etcd-ts/lease';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { ERRORS } from '@etcd-ts/wire-protocol';
import type {
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from '@etcd-ts/wire-protocol';

import { LEASE_COST_BYTES } from '../apply/cost.js';
import type { LeaseOperations } from '../etcd-server.js';
import type { SpaceCheck } from '../quota.js';
import { revisionHeader } from '../translate/response-translation.js';
import type { Consensus } from './consensus.js';
import { expectKind } from './key-values.js';

export interface LeasesParts {
  readonly consensus: Consensus;
  readonly lessor: Lessor;
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  readonly nextLeaseId: () => LeaseId;
  readonly currentRevision: () => number;
  readonly ensureSpace: SpaceCheck;
}

export class Leases implements LeaseOperations {
  readonly #parts: LeasesParts;

  constructor(parts: LeasesParts) {
    this.#parts = parts;
  }

  /** The id must be chosen before the log, so that every member grants the same one. */
  async grant(request: LeaseGrantRequest): Promise<LeaseGrantResponse> {
    const ID = request.ID === NO_LEASE ? this.#parts.nextLeaseId() : request.ID;
    const leaseGrant = { ...request, ID };
    await this.#parts.ensureSpace(LEASE_COST_BYTES);
    const applied = await this.#parts.consensus.propose({ leaseGrant });
    return expectKind(applied, 'leaseGrant').response;
  }

  async revoke(request: LeaseRevokeRequest): Promise<LeaseRevokeResponse> {
    const applied = await this.#parts.consensus.propose({ leaseRevoke: request });
    return expectKind(applied, 'leaseRevoke').response;
  }

  /**
   * The read index first: a revocation that was acknowledged before this call must be seen, or a
   * dead lease would be reported alive (etcd #20615).
   */
  async renew(id: LeaseId): Promise<number> {
    await this.#parts.consensus.linearizable();
    const outcome = this.#parts.lessor.renew(id, this.#parts.clock.monotonicMs());
    switch (outcome.kind) {
      case 'ok':
        this.#parts.metrics.lease.renewed.inc();
        return outcome.ttl;
      case 'notFound':
        throw ERRORS.LeaseNotFound.error();
      case 'notPrimary':
        throw ERRORS.NotLeader.error();
      default:
        return unreachable(outcome, 'renew outcome');
    }
  }

  async timeToLive(request: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse> {
    await this.#parts.consensus.linearizable();
    const id = LeaseId(request.ID);
    const { lessor, clock } = this.#parts;
    if (!lessor.isPrimary) throw ERRORS.NotLeader.error();
    const times = lessor.timeToLive(id, clock.monotonicMs());
    const header = revisionHeader(this.#parts.currentRevision());
    if (times === undefined) return { header, ID: id, TTL: -1n, grantedTTL: 0n, keys: [] };
    return {
      header,
      ID: id,
      TTL: BigInt(Math.floor(times.remainingMs / 1000)),
      grantedTTL: BigInt(times.grantedTtl),
      keys: request.keys ? times.keys.map((key) => Buffer.from(fromBinaryString(key))) : [],
    };
  }

  list(): readonly LeaseId[] {
    return this.#parts.lessor.list();
  }
}

import type { AuthFailure, AuthInfo, AuthStore } from '@etcd-ts/auth';
import { EMPTY_BYTES, fromBinaryString, LeaseId, NO_LEASE, unreachable } from '@etcd-ts/foundation';
import type { Clock, Logger } from '@etcd-ts/foundation';
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

import { permit, permitAnyone, refuse } from '../access/caller.js';
import type { Caller } from '../access/caller.js';
import { LEASE_COST_BYTES } from '../apply/cost.js';
import type { LeaseOperations } from '../etcd-server.js';
import type { PeerCalls } from '../peers/network.js';
import type { SpaceCheck } from '../quota.js';
import { revisionHeader } from '../translate/response-translation.js';
import type { Consensus } from './consensus.js';
import { expectKind } from './key-values.js';
import { viaLeader } from './via-leader.js';
import type { ViaLeaderParts } from './via-leader.js';

export interface LeasesParts extends ViaLeaderParts {
  readonly auth: AuthStore;
  readonly consensus: Consensus;
  readonly lessor: Lessor;
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  readonly nextLeaseId: () => LeaseId;
  readonly currentRevision: () => number;
  readonly ensureSpace: SpaceCheck;
  readonly calls: PeerCalls;
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
}

/** Whose id is chosen before the log, so that every member grants the same one. */
export function withLeaseId(
  request: LeaseGrantRequest,
  nextLeaseId: () => LeaseId,
): LeaseGrantRequest {
  return request.ID === NO_LEASE ? { ...request, ID: nextLeaseId() } : request;
}

export class Leases implements LeaseOperations {
  readonly #parts: LeasesParts;
  readonly #caller: Caller;

  constructor(parts: LeasesParts, caller: Caller) {
    this.#parts = parts;
    this.#caller = caller;
  }

  async grant(request: LeaseGrantRequest): Promise<LeaseGrantResponse> {
    await permitAnyone(this.#parts.auth, this.#caller);
    const leaseGrant = withLeaseId(request, this.#parts.nextLeaseId);
    await this.#parts.ensureSpace(LEASE_COST_BYTES);
    const applied = await this.#parts.consensus.propose({ leaseGrant }, this.#caller);
    return expectKind(applied, 'leaseGrant').response;
  }

  async revoke(request: LeaseRevokeRequest): Promise<LeaseRevokeResponse> {
    await permitAnyone(this.#parts.auth, this.#caller);
    const applied = await this.#parts.consensus.propose({ leaseRevoke: request }, this.#caller);
    return expectKind(applied, 'leaseRevoke').response;
  }

  async renew(id: LeaseId): Promise<number> {
    const { lessor, calls, requestTimeoutMs, auth } = this.#parts;
    if (auth.enabled) await this.#permitRenewal(id);
    return viaLeader(this.#parts, requestTimeoutMs, {
      // Elected, but not yet the keeper of leases: it will be in a moment.
      here: async () => (lessor.isPrimary ? this.#renewed(id) : undefined),
      there: (urls, timeoutMs) => calls.renewLease(urls, id, timeoutMs),
    });
  }

  /**
   * On the member that was asked, because the leader takes another member's word (etcd asks on the
   * leader alone, so that its followers renew for anybody). What is attached to the lease must be
   * known for it, whatever the leader has seen.
   */
  async #permitRenewal(id: LeaseId): Promise<void> {
    const { auth, consensus } = this.#parts;
    await permitAnyone(auth, this.#caller);
    await consensus.linearizable();
    await permit(this.#caller, (info) => auth.requests.leaseWrite(info, id));
  }

  /**
   * The read index first: a revocation that was acknowledged before this call must be seen, or a
   * dead lease would be reported alive (etcd #20615).
   */
  async renewHere(id: LeaseId): Promise<number> {
    const ttl = await this.#renewed(id);
    if (ttl === undefined) throw ERRORS.NotLeader.error();
    return ttl;
  }

  /** Undefined: another member leads by now. */
  async #renewed(id: LeaseId): Promise<number | undefined> {
    await this.#parts.consensus.linearizable();
    for (;;) {
      const outcome = this.#parts.lessor.renew(id, this.#parts.clock.monotonicMs());
      switch (outcome.kind) {
        case 'ok':
          this.#parts.metrics.lease.renewed.inc();
          if (outcome.clearCheckpoint) await this.#clearCheckpoint(id);
          return outcome.ttl;
        case 'notFound':
          throw ERRORS.LeaseNotFound.error();
        case 'notPrimary':
          return undefined;
        case 'expiring':
          await this.#end(id);
          break;
        default:
          return unreachable(outcome, 'renew outcome');
      }
    }
  }

  /**
   * Whoever is told that a lease is gone gives up what it held, and others may still find it there: a
   * revocation that is proposed can be lost with its leader, whose successor keeps the lease. So the
   * answer waits until the revocation is applied, or somebody else leads.
   */
  #end(id: LeaseId): Promise<void> {
    const { lessor, scheduler, requestTimeoutMs } = this.#parts;
    return new Promise((resolve, reject) => {
      const waitNoLonger = lessor.awaitEnd(id, () => {
        cancelTimer();
        resolve();
      });
      const cancelTimer = scheduler.after(requestTimeoutMs, () => {
        waitNoLonger();
        reject(ERRORS.Timeout.error());
      });
    });
  }

  /**
   * A new leader would go by the checkpoint and end the lease before the time that this renewal
   * promises. So the promise waits for it, as in etcd; if it is lost, so is the answer.
   */
  async #clearCheckpoint(id: LeaseId): Promise<void> {
    const checkpoints = [{ ID: id, remainingTTL: 0n }];
    await this.#parts.consensus.propose({ leaseCheckpoint: { checkpoints } });
  }

  async timeToLive(request: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse> {
    const { lessor, calls, requestTimeoutMs, currentRevision, auth } = this.#parts;
    const info = await permitAnyone(auth, this.#caller);
    const read = (): AuthFailure | undefined =>
      request.keys ? auth.requests.leaseRead(info, [LeaseId(request.ID)]) : undefined;
    refuse(read());
    const answer = await viaLeader(this.#parts, requestTimeoutMs, {
      here: async () => (lessor.isPrimary ? this.timeToLiveHere(request) : undefined),
      there: (urls, timeoutMs) => calls.leaseTimes(urls, request, timeoutMs),
    });
    // The leader may know of keys that this member did not when it looked.
    refuse(this.#keysFailure(info, answer));
    return answer.header === undefined
      ? { ...answer, header: revisionHeader(currentRevision()) }
      : answer;
  }

  #keysFailure(info: AuthInfo, { keys }: LeaseTimeToLiveResponse): AuthFailure | undefined {
    const { enabled, access } = this.#parts.auth;
    if (!enabled || keys.length === 0) return undefined;
    if (access.isAdminPermitted(info) !== undefined) {
      for (const key of keys) {
        const failure = access.isRangePermitted(info, key, EMPTY_BYTES);
        if (failure !== undefined) return failure;
      }
    }
    return access.isStillPermitted(info);
  }

  async timeToLiveHere(request: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse> {
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

  async list(): Promise<readonly LeaseId[]> {
    const { auth, lessor } = this.#parts;
    const info = await permitAnyone(auth, this.#caller);
    const leases = lessor.list();
    if (auth.enabled) refuse(auth.requests.leaseRead(info, leases));
    return leases;
  }
}

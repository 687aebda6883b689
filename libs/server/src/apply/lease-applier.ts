import { LeaseId, NO_LEASE, unreachable } from '@etcd-ts/foundation';
import type { Clock } from '@etcd-ts/foundation';
import type { Lessor } from '@etcd-ts/lease';
import type { MvccStore } from '@etcd-ts/mvcc';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { ERRORS } from '@etcd-ts/wire-protocol';
import type {
  LeaseCheckpointRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
} from '@etcd-ts/wire-protocol';

import { revisionHeader } from '../translate/response-translation.js';
import { countOperations } from './operation-count.js';
import { applied, refused } from './outcome.js';
import type { ApplyOutcome } from './outcome.js';

/**
 * The lease part of applying an entry. The clock only sets when this member, should it lead, will
 * ask for a revocation; no replicated state depends on it.
 */
export class LeaseApplier {
  readonly #lessor: Lessor;
  readonly #store: MvccStore;
  readonly #clock: Clock;
  readonly #metrics: EtcdMetrics;

  constructor(lessor: Lessor, store: MvccStore, clock: Clock, metrics: EtcdMetrics) {
    this.#lessor = lessor;
    this.#store = store;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  grant(request: LeaseGrantRequest): ApplyOutcome {
    const id = LeaseId(request.ID);
    // Whoever proposes a grant gives it an id; an entry without one has an outcome all the same.
    if (id === NO_LEASE) return refused(ERRORS.LeaseNotFound.error());
    const outcome = this.#lessor.grant(id, Number(request.TTL), this.#clock.monotonicMs());
    switch (outcome.kind) {
      case 'exists':
        return refused(ERRORS.LeaseExist.error());
      case 'ttlTooLarge':
        return refused(ERRORS.LeaseTTLTooLarge.error());
      case 'ok':
        this.#metrics.lease.granted.inc();
        this.#metrics.lease.ttl.observe(outcome.ttl);
        return applied({
          kind: 'leaseGrant',
          response: {
            header: revisionHeader(this.#store.currentRevision),
            ID: id,
            TTL: BigInt(outcome.ttl),
            error: '',
          },
        });
      default:
        return unreachable(outcome, 'grant outcome');
    }
  }

  /** The attached keys go in one revision, in byte order, so every member deletes alike. */
  revoke(request: LeaseRevokeRequest): ApplyOutcome {
    const outcome = this.#lessor.revoke(LeaseId(request.ID));
    if (outcome.kind === 'notFound') return refused(ERRORS.LeaseNotFound.error());
    this.#metrics.lease.revoked.inc();
    if (outcome.keys.length > 0) {
      this.#store.deleteKeys(outcome.keys);
      countOperations(this.#metrics.mvcc, { puts: 0, deletes: outcome.keys.length, ranges: 0 });
    }
    return applied({
      kind: 'leaseRevoke',
      response: { header: revisionHeader(this.#store.currentRevision) },
    });
  }

  /** A checkpoint of a lease revoked meanwhile is of no interest to anyone. */
  checkpoint(request: LeaseCheckpointRequest): ApplyOutcome {
    for (const { ID, remainingTTL } of request.checkpoints) {
      this.#lessor.checkpoint(LeaseId(ID), Number(remainingTTL));
    }
    return applied({ kind: 'leaseCheckpoint' });
  }
}

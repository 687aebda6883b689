import { failpoint } from '@etcd-ts/failpoint';
import type { Clock, Logger, MemberId, Revision } from '@etcd-ts/foundation';
import { assert, NO_MEMBER } from '@etcd-ts/foundation';
import type { Lessor } from '@etcd-ts/lease';
import type { EtcdMetrics, Histogram } from '@etcd-ts/observability';
import type { Entry, Raft, Snapshot } from '@etcd-ts/raft';
import type { Backend } from '@etcd-ts/storage';
import { InternalRaftRequest, V2RaftRequest } from '@etcd-ts/wire-protocol';
import type { EtcdError } from '@etcd-ts/wire-protocol';

import type { Applier } from './apply/applier.js';
import type { ConfChangeApplier } from './apply/conf-change-applier.js';
import { isBareV2Request } from './bare-v2-request.js';
import { operationName } from './apply/operation-name.js';
import { PlainPutReader } from './plain-put.js';
import type { Proposals } from './proposals.js';
import type { StateMachine } from './raft-loop-parts.js';
import { requestIdOf } from './raft-request.js';
import type { RaftRequest } from './raft-request.js';

export interface ReplicaParts {
  readonly backend: Backend;
  readonly applier: Applier;
  readonly confChanges: ConfChangeApplier;
  readonly proposals: Proposals;
  readonly lessor: Lessor;
  readonly raft: Raft;
  readonly clock: Clock;
  readonly metrics: EtcdMetrics;
  readonly logger: Logger;
  readonly warningApplyDurationMs: number;
  /** Leases get this much longer when their keeper changes: clients need time to find the new one. */
  readonly leaseExtensionMs: number;
  /** After each batch; never an empty one. */
  readonly applied: (entries: readonly Entry[]) => void;
  readonly leadershipChanged: (leader: MemberId, isLeader: boolean) => void;
  readonly leadershipConfirmed: () => void;
  readonly install: (snapshot: Snapshot) => Promise<void>;
}

/**
 * The replicated state machine: committed entries in, state changes and answers out.
 *
 * Every entry, of whatever kind, goes through the same bracket: beginEntry, its effects,
 * setConsistentIndex. The backend commits both or neither, which is what makes a replay after a
 * crash start exactly behind the last entry whose effects survived.
 */
export class Replica implements StateMachine {
  readonly #parts: ReplicaParts;
  /** The one that is being applied. */
  readonly #put = new PlainPutReader();
  /** From the first on. */
  #putsApplied: Histogram | undefined;
  #wasLeader = false;
  #leader: MemberId = NO_MEMBER;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
  }

  apply(entries: readonly Entry[]): void {
    for (const entry of entries) this.#applyEntry(entry);
    this.#parts.applied(entries);
  }

  install(snapshot: Snapshot): Promise<void> {
    return this.#parts.install(snapshot);
  }

  leadershipChanged(): void {
    const { raft, lessor } = this.#parts;
    const { leader, isLeader } = raft;
    if (this.#wasLeader && !isLeader) lessor.demote();
    this.#wasLeader = isLeader;
    // A candidacy changes the role, not the leader.
    if (leader === this.#leader && !isLeader) return;
    this.#leader = leader;
    this.#parts.leadershipChanged(leader, isLeader);
  }

  #applyEntry(entry: Entry): void {
    const { backend } = this.#parts;
    const { index } = backend.consistentIndex();
    // An entry applied twice or left out makes this member differ from all others for ever.
    assert(entry.index === index + 1, () => `entry ${entry.index} to apply after ${index}`);
    backend.beginEntry();
    // etcd never logs a change in the second form: such an entry is another program's.
    assert(entry.type !== 'confChangeV2', () => `entry ${entry.index} is a joint change`);
    FAILPOINT: failpoint(
      entry.type === 'normal' ? 'beforeApplyOneEntryNormal' : 'beforeApplyOneConfChange',
    );
    if (this.#isPlainPut(entry)) {
      const outcome = this.#applyPlainPut();
      backend.setConsistentIndex(entry.index, entry.term);
      this.#parts.proposals.settlePut(this.#put, outcome);
      return;
    }
    if (entry.type === 'normal') this.#applyNormal(entry);
    else this.#applyConfChange(entry);
    backend.setConsistentIndex(entry.index, entry.term);
  }

  /** Into `#put`. */
  #isPlainPut({ type, data }: Entry): boolean {
    return type === 'normal' && this.#parts.applier.takesPlainPuts && this.#put.readEntry(data);
  }

  #applyPlainPut(): Revision | EtcdError {
    const { clock, metrics, applier, warningApplyDurationMs } = this.#parts;
    const startedMs = clock.monotonicMs();
    const outcome = applier.plainPut(this.#put);
    const tookMs = clock.monotonicMs() - startedMs;
    const success = typeof outcome === 'number';
    if (success) {
      this.#putsApplied ??= metrics.server.apply.with('v3', 'Put', 'true');
      this.#putsApplied.observe(tookMs / 1000);
    } else {
      metrics.server.apply.with('v3', 'Put', 'false').observe(tookMs / 1000);
    }
    if (tookMs > warningApplyDurationMs) this.#warnOfSlow('Put', tookMs);
    return outcome;
  }

  #applyConfChange(entry: Entry): void {
    const { proposals, confChanges } = this.#parts;
    const { id, outcome } = confChanges.apply(entry);
    proposals.settle(id, outcome);
  }

  #applyNormal(entry: Entry): void {
    if (entry.data.length === 0) return this.#leadershipConfirmed();
    const { proposals, clock } = this.#parts;
    const request = proposals.requestOf(entry.data) ?? decodeRequest(entry);
    const startedMs = clock.monotonicMs();
    const outcome = this.#parts.applier.apply(request, entry.index);
    this.#observe(request, outcome.kind === 'applied', clock.monotonicMs() - startedMs);
    proposals.settle(requestIdOf(request), outcome);
  }

  /**
   * A leader's first entry of its term carries nothing. Once it is applied, everything of earlier
   * terms is too, and only then may this member decide which leases have expired.
   */
  #leadershipConfirmed(): void {
    const { raft, lessor, clock, leaseExtensionMs } = this.#parts;
    if (!raft.isLeader) return;
    lessor.promote(clock.monotonicMs(), leaseExtensionMs);
    this.#parts.leadershipConfirmed();
  }

  #observe(request: RaftRequest, success: boolean, tookMs: number): void {
    const { metrics, warningApplyDurationMs } = this.#parts;
    const operation = operationName(request);
    metrics.server.apply
      .with(request.v2 === undefined ? 'v3' : 'v2', operation, success ? 'true' : 'false')
      .observe(tookMs / 1000);
    if (tookMs > warningApplyDurationMs) this.#warnOfSlow(operation, tookMs);
  }

  #warnOfSlow(operation: string, tookMs: number): void {
    const { metrics, logger, warningApplyDurationMs } = this.#parts;
    metrics.server.slowApply.inc();
    logger.warn('apply request took too long', {
      took: `${tookMs.toFixed(3)}ms`,
      'expected-duration': `${warningApplyDurationMs}ms`,
      operation,
    });
  }
}

/**
 * Bytes that passed the log's checksum and are no request were written by a newer version, or by
 * something else. To skip them would be to differ from the members that understand them.
 */
function decodeRequest({ index, data }: Entry): RaftRequest {
  try {
    if (isBareV2Request(data)) return { v2: V2RaftRequest.decode(data) };
    return InternalRaftRequest.decode(data);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`log entry ${index} is no request this version can read: ${reason}`, {
      cause: error,
    });
  }
}

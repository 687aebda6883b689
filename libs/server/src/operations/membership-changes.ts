import { hexId, MemberId, NO_MEMBER } from '@etcd-ts/foundation';
import type { Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import {
  computeMemberId,
  encodeConfigChangeContext,
  encodeMember,
  enoughStartedToAddVoter,
  enoughStartedToPromote,
  enoughStartedToRemoveVoter,
} from '@etcd-ts/membership';
import type { Cluster, Member, MembershipChange } from '@etcd-ts/membership';
import type { ConfChange, Raft } from '@etcd-ts/raft';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { ERRORS, EtcdError, UNCODED_ERRORS } from '@etcd-ts/wire-protocol';

import { verdictError } from '../apply/conf-change-applier.js';
import { sha1 } from '../bootstrap/initial-cluster.js';
import { connectedSince } from '../peers/connection.js';
import { transferBeforeRemoval } from '../peers/leadership-transfer.js';
import type { Leadership } from '../peers/leadership.js';
import type { RaftLoop } from '../raft-loop.js';
import type { PeerCalls, PeerNetwork } from '../peers/network.js';
import type { Consensus } from './consensus.js';
import { viaLeader } from './via-leader.js';

/** What a member must have been reachable for to count as healthy (etcd's HealthInterval). */
const HEALTH_INTERVAL_MS = 5000;
/** A learner with this share of the leader's log may vote: it will not hold up the quorum for long. */
const LEARNER_READY_SHARE = 0.9;

export interface MembershipChangesParts {
  readonly consensus: Consensus;
  readonly cluster: Cluster;
  readonly raft: Raft;
  readonly network: PeerNetwork;
  readonly leadership: Leadership;
  readonly loop: Pick<RaftLoop, 'tell'>;
  readonly calls: PeerCalls;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: EtcdMetrics;
  readonly strictReconfigCheck: boolean;
  readonly requestTimeoutMs: number;
  readonly electionTimeoutMs: number;
  readonly nextChangeId: () => bigint;
  readonly stopped: () => boolean;
}

/** Changes of the membership, one member at a time, each through the log (Raft thesis 4.1). */
export class MembershipChanges {
  readonly #parts: MembershipChangesParts;

  constructor(parts: MembershipChangesParts) {
    this.#parts = parts;
  }

  async add(peerUrls: readonly string[], isLearner: boolean): Promise<Member> {
    const { cluster, clock } = this.#parts;
    const id = computeMemberId(sha1, peerUrls, '', clock.wallMs() / 1000);
    const member = { id, name: '', peerUrls, clientUrls: [], isLearner };
    if (!isLearner) this.#mayAddVoter();
    await this.#change(
      { kind: 'add', member },
      {
        type: isLearner ? 'addLearnerNode' : 'addNode',
        nodeId: id,
        context: encodeConfigChangeContext({ member, isPromote: false }),
      },
    );
    return cluster.member(id) ?? member;
  }

  async remove(id: MemberId): Promise<void> {
    this.#mayRemove(id);
    if (id === this.#parts.leadership.leader) await this.#replaceLeader();
    await this.#change({ kind: 'remove', id }, { type: 'removeNode', nodeId: id, context: '' });
  }

  /** A new leader ignores changes until it has committed in its term, and then answers reads. */
  async #replaceLeader(): Promise<void> {
    const { consensus, electionTimeoutMs } = this.#parts;
    await transferBeforeRemoval(this.#parts, electionTimeoutMs);
    await consensus.linearizable();
  }

  async update(id: MemberId, peerUrls: readonly string[]): Promise<void> {
    const member = { id, name: '', peerUrls, clientUrls: [], isLearner: false };
    const context = encodeMember(member);
    await this.#change(
      { kind: 'update', id, peerUrls },
      { type: 'updateNode', nodeId: id, context },
    );
  }

  /** Only the leader knows how far a learner has come; others ask it. */
  async promote(id: MemberId): Promise<void> {
    const { calls, raft, requestTimeoutMs } = this.#parts;
    await viaLeader(this.#parts, requestTimeoutMs, {
      here: async () => (raft.isLeader ? (await this.promoteHere(id), true) : undefined),
      there: (urls, timeoutMs) => calls.promote(urls, id, timeoutMs),
    });
  }

  async promoteHere(id: MemberId): Promise<void> {
    const { learnerPromoteSuccesses, learnerPromoteFailures } = this.#parts.metrics.server;
    try {
      await this.#promoteReady(id);
    } catch (error) {
      // Who does not lead has not decided anything; who does is asked next.
      const refused = error instanceof EtcdError && !error.is(ERRORS.NotLeader);
      if (refused) learnerPromoteFailures.with(error.message).inc();
      throw error;
    }
    learnerPromoteSuccesses.inc();
  }

  async #promoteReady(id: MemberId): Promise<void> {
    this.#learnerIsReady(id);
    this.#mayPromote(id);
    const member = { id, name: '', peerUrls: [], clientUrls: [], isLearner: false };
    const context = encodeConfigChangeContext({ member, isPromote: true });
    await this.#change({ kind: 'promote', id }, { type: 'addNode', nodeId: id, context });
  }

  async #change(
    change: MembershipChange,
    wire: {
      readonly type: ConfChange['type'];
      readonly nodeId: MemberId;
      readonly context: string;
    },
  ): Promise<void> {
    const { cluster, consensus, nextChangeId } = this.#parts;
    const verdict = cluster.validateProposal(change);
    if (verdict !== 'ok') throw verdictError(verdict);
    await consensus.changeMembership({
      id: nextChangeId(),
      type: wire.type,
      nodeId: wire.nodeId,
      context: Buffer.from(wire.context),
    });
  }

  #mayAddVoter(): void {
    const { cluster, strictReconfigCheck } = this.#parts;
    if (!strictReconfigCheck) return;
    if (!enoughStartedToAddVoter(cluster.members())) {
      this.#refuse('rejecting member add request; not enough healthy members', NO_MEMBER);
      throw UNCODED_ERRORS.MemberNotEnoughStarted.error();
    }
    const voters = this.#voters();
    if (this.#healthy(voters) >= voters.length) return;
    this.#refuse(
      'rejecting member add request; local member has not been connected to all peers, ' +
        'reconfigure breaks active quorum',
      NO_MEMBER,
    );
    throw ERRORS.Unhealthy.error();
  }

  #mayRemove(id: MemberId): void {
    const { cluster, network, strictReconfigCheck } = this.#parts;
    if (!strictReconfigCheck || cluster.member(id)?.isLearner === true) return;
    if (!enoughStartedToRemoveVoter(cluster.members(), id)) {
      this.#refuse('rejecting member remove request; not enough healthy members', id);
      throw UNCODED_ERRORS.MemberNotEnoughStarted.error();
    }
    // One that is down already takes nothing away.
    if (id !== cluster.localId && network.activeSince(id) === undefined) return;
    const voters = this.#voters();
    if (this.#healthy(voters) - 1 >= 1 + Math.floor((voters.length - 1) / 2)) return;
    this.#refuse(
      'rejecting member remove request; local member has not been connected to all peers, ' +
        'reconfigure breaks active quorum',
      id,
    );
    throw ERRORS.Unhealthy.error();
  }

  #mayPromote(id: MemberId): void {
    const { cluster, strictReconfigCheck } = this.#parts;
    if (!strictReconfigCheck || enoughStartedToPromote(cluster.members())) return;
    this.#refuse('rejecting member promote request; not enough healthy members', id);
    throw UNCODED_ERRORS.MemberNotEnoughStarted.error();
  }

  #learnerIsReady(id: MemberId): void {
    const { raft } = this.#parts;
    const { progress, leader } = raft.status();
    if (progress === undefined) throw ERRORS.NotLeader.error();
    const learner = progress.get(id);
    if (learner === undefined || !learner.isLearner) return;
    const leading = progress.get(leader)?.match ?? 0;
    if (learner.match < leading * LEARNER_READY_SHARE) throw ERRORS.LearnerNotReady.error();
  }

  #voters(): readonly MemberId[] {
    return this.#parts.cluster
      .members()
      .filter(({ isLearner }) => !isLearner)
      .map(({ id }) => id);
  }

  #healthy(voters: readonly MemberId[]): number {
    const { network, cluster, clock } = this.#parts;
    const sinceMs = clock.monotonicMs() - HEALTH_INTERVAL_MS;
    return connectedSince(network, cluster.localId, voters, sinceMs);
  }

  #refuse(message: string, id: MemberId): void {
    const { logger, cluster } = this.#parts;
    logger.warn(message, {
      'local-member-id': hexId(cluster.localId),
      ...(id === NO_MEMBER ? {} : { 'requested-member-id': hexId(id) }),
    });
  }
}

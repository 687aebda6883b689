import { NO_MEMBER } from '@etcd-ts/foundation';
import type { Clock, MemberId } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';
import type { Raft } from '@etcd-ts/raft';
import { ERRORS } from '@etcd-ts/wire-protocol';
import type { EtcdError } from '@etcd-ts/wire-protocol';

import { connectedSince } from './connection.js';
import type { PeerNetwork } from './network.js';

export interface LeadershipParts {
  readonly raft: Raft;
  readonly cluster: Cluster;
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly electionTimeoutMs: number;
}

type Listener = (leader: MemberId) => void;

/** Who leads, since when, and whether this member is in touch with whom it needs. */
export class Leadership {
  readonly #parts: LeadershipParts;
  readonly #listeners = new Set<Listener>();
  readonly #confirmedListeners = new Set<() => void>();
  #electedMs: number | undefined;

  constructor(parts: LeadershipParts) {
    this.#parts = parts;
  }

  get leader(): MemberId {
    return this.#parts.raft.leader;
  }

  /** Called for every change, also to having none. Returns what ends it. */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called when this member has become leader and has applied everything of earlier terms. */
  onConfirmed(listener: () => void): () => void {
    this.#confirmedListeners.add(listener);
    return () => this.#confirmedListeners.delete(listener);
  }

  /** Told by the replica. */
  confirmed(): void {
    for (const listener of [...this.#confirmedListeners]) listener();
  }

  /** Told by the replica. */
  changed(): void {
    const { leader } = this;
    if (leader !== NO_MEMBER) this.#electedMs = this.#parts.clock.monotonicMs();
    for (const listener of [...this.#listeners]) listener(leader);
  }

  /** Voters, this one included, that have been reachable for all that time, are a quorum. */
  hasQuorumSince(sinceMs: number): boolean {
    const { cluster, network } = this.#parts;
    const voters = cluster.members().filter(({ isLearner }) => !isLearner);
    const ids = voters.map(({ id }) => id);
    const connected = connectedSince(network, cluster.localId, ids, sinceMs);
    return connected >= Math.floor(ids.length / 2) + 1;
  }

  /** Why a request of that age got no answer, as far as this member can tell. */
  timeoutReason(startedMs: number): EtcdError {
    const { raft, clock, network, electionTimeoutMs } = this.#parts;
    const electedMs = this.#electedMs;
    if (electedMs !== undefined && startedMs < electedMs) {
      // The former leader may have been lost up to two election timeouts before that.
      if (startedMs > electedMs - 2 * electionTimeoutMs)
        return ERRORS.TimeoutDueToLeaderFail.error();
    }
    if (raft.leader === NO_MEMBER) return ERRORS.Timeout.error();
    const connected = raft.isLeader
      ? this.hasQuorumSince(startedMs)
      : (network.activeSince(raft.leader) ?? clock.monotonicMs() + 1) <= startedMs;
    return connected ? ERRORS.Timeout.error() : ERRORS.TimeoutDueToConnectionLost.error();
  }
}

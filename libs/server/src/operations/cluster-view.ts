import { NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { Cluster, Member } from '@etcd-ts/membership';
import type { Raft } from '@etcd-ts/raft';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { ClusterOperations } from '../etcd-server.js';
import type { Consensus } from './consensus.js';

export class ClusterView implements ClusterOperations {
  readonly #consensus: Consensus;
  readonly #cluster: Cluster;
  readonly #raft: Raft;

  constructor(consensus: Consensus, cluster: Cluster, raft: Raft) {
    this.#consensus = consensus;
    this.#cluster = cluster;
    this.#raft = raft;
  }

  async members(linearizable: boolean): Promise<readonly Member[]> {
    if (linearizable) await this.#consensus.linearizable();
    return this.knownMembers();
  }

  knownMembers(): readonly Member[] {
    return this.#cluster.members();
  }

  /** With one voter the only member to move to is the leader itself, which is no transfer. */
  async moveLeader(target: MemberId): Promise<void> {
    if (!this.#raft.isLeader) throw ERRORS.NotLeader.error();
    const member = this.#cluster.member(target);
    if (member === undefined || member.isLearner || target === NO_MEMBER) {
      throw ERRORS.BadLeaderTransferee.error();
    }
    if (target !== this.#cluster.localId) throw ERRORS.BadLeaderTransferee.error();
  }
}

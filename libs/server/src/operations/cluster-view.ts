import { NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { Member } from '@etcd-ts/membership';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { ClusterOperations } from '../etcd-server.js';
import { transferLeadership } from '../peers/leadership-transfer.js';
import type { TransferParts } from '../peers/leadership-transfer.js';
import { MembershipChanges } from './membership-changes.js';
import type { MembershipChangesParts } from './membership-changes.js';

export type ClusterViewParts = MembershipChangesParts & TransferParts;

export class ClusterView implements ClusterOperations {
  readonly #parts: ClusterViewParts;
  readonly #changes: MembershipChanges;

  constructor(parts: ClusterViewParts) {
    this.#parts = parts;
    this.#changes = new MembershipChanges(parts);
  }

  async members(linearizable: boolean): Promise<readonly Member[]> {
    if (linearizable) await this.#parts.consensus.linearizable();
    return this.knownMembers();
  }

  knownMembers(): readonly Member[] {
    return this.#parts.cluster.members();
  }

  addMember(peerUrls: readonly string[], isLearner: boolean): Promise<Member> {
    return this.#changes.add(peerUrls, isLearner);
  }

  removeMember(id: MemberId): Promise<void> {
    return this.#changes.remove(id);
  }

  updateMember(id: MemberId, peerUrls: readonly string[]): Promise<void> {
    return this.#changes.update(id, peerUrls);
  }

  promoteMember(id: MemberId): Promise<void> {
    return this.#changes.promote(id);
  }

  promoteMemberHere(id: MemberId): Promise<void> {
    return this.#changes.promoteHere(id);
  }

  async moveLeader(target: MemberId): Promise<void> {
    const { raft, cluster, requestTimeoutMs } = this.#parts;
    if (!raft.isLeader) throw ERRORS.NotLeader.error();
    const member = cluster.member(target);
    if (member === undefined || member.isLearner || target === NO_MEMBER) {
      throw ERRORS.BadLeaderTransferee.error();
    }
    await transferLeadership(this.#parts, target, requestTimeoutMs);
  }
}

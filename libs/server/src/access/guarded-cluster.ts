import type { AuthStore } from '@etcd-ts/auth';
import type { MemberId } from '@etcd-ts/foundation';
import type { Member } from '@etcd-ts/membership';

import type { ClusterOperations } from '../etcd-server.js';
import { permitAdmin, permitAnyone } from './caller.js';
import type { Caller } from './caller.js';

/** Every user may see the members; administrators change them. */
export class GuardedCluster implements ClusterOperations {
  readonly #cluster: ClusterOperations;
  readonly #auth: AuthStore;
  readonly #caller: Caller;

  constructor(cluster: ClusterOperations, auth: AuthStore, caller: Caller) {
    this.#cluster = cluster;
    this.#auth = auth;
    this.#caller = caller;
  }

  async members(linearizable: boolean): Promise<readonly Member[]> {
    await permitAnyone(this.#auth, this.#caller);
    return this.#cluster.members(linearizable);
  }

  /** Only for answers to what was permitted. */
  knownMembers(): readonly Member[] {
    return this.#cluster.knownMembers();
  }

  async addMember(peerUrls: readonly string[], isLearner: boolean): Promise<Member> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#cluster.addMember(peerUrls, isLearner);
  }

  async removeMember(id: MemberId): Promise<void> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#cluster.removeMember(id);
  }

  async updateMember(id: MemberId, peerUrls: readonly string[]): Promise<void> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#cluster.updateMember(id, peerUrls);
  }

  async promoteMember(id: MemberId): Promise<void> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#cluster.promoteMember(id);
  }

  async promoteMemberHere(id: MemberId): Promise<void> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#cluster.promoteMemberHere(id);
  }

  async moveLeader(target: MemberId): Promise<void> {
    await permitAdmin(this.#auth, this.#caller);
    return this.#cluster.moveLeader(target);
  }
}

import { assert, must } from '@etcd-ts/foundation';
import type { ClusterId, MemberId } from '@etcd-ts/foundation';
import type { Member } from './member.js';

/** The backend's `members`, `members_removed` and `cluster` buckets: the only truth there is. */
export interface MembershipStore {
  saveMember(member: Member): void;
  /** Deletes the member and remembers its id for ever. */
  removeMember(id: MemberId): void;
  saveClusterVersion(version: string): void;
  saveDowngrade(downgrade: Downgrade): void;
  load(): {
    readonly members: Iterable<Member>;
    readonly removed: Iterable<MemberId>;
    readonly clusterVersion: string | undefined;
    readonly downgrade: Downgrade;
  };
}

/** Whether the members are about to run an older release, and which. */
export interface Downgrade {
  readonly enabled: boolean;
  /** Empty unless enabled. */
  readonly targetVersion: string;
}

export const NO_DOWNGRADE: Downgrade = { enabled: false, targetVersion: '' };

export type MembershipChange =
  | { readonly kind: 'add'; readonly member: Member }
  | { readonly kind: 'promote'; readonly id: MemberId }
  | { readonly kind: 'remove'; readonly id: MemberId }
  | { readonly kind: 'update'; readonly id: MemberId; readonly peerUrls: readonly string[] };

export type MembershipVerdict =
  | 'ok'
  | 'idRemoved'
  | 'idExists'
  | 'idNotFound'
  | 'peerUrlExists'
  | 'memberNotLearner'
  | 'tooManyLearners';

export interface ClusterOptions {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  readonly store: MembershipStore;
  /** Learners a proposal may bring the cluster to. */
  readonly maxLearners: number;
}

/**
 * Who is in the cluster. Changes come from applied entries, are judged by `validate` first, and are
 * written to the store as they are made; members are values, never changed in place.
 */
export class Cluster {
  readonly clusterId: ClusterId;
  readonly localId: MemberId;
  readonly #store: MembershipStore;
  readonly #maxLearners: number;
  readonly #members = new Map<MemberId, Member>();
  readonly #removed = new Set<MemberId>();
  #sorted: readonly Member[] | undefined;
  #clusterVersion: string | undefined;
  #downgrade = NO_DOWNGRADE;

  constructor(options: ClusterOptions) {
    this.clusterId = options.clusterId;
    this.localId = options.localId;
    this.#store = options.store;
    this.#maxLearners = options.maxLearners;
  }

  /** Replaces all state by the store's: after a restart or a snapshot. */
  load(): void {
    const { members, removed, clusterVersion, downgrade } = this.#store.load();
    this.#members.clear();
    this.#removed.clear();
    for (const member of members) this.#members.set(member.id, member);
    for (const id of removed) this.#removed.add(id);
    this.#clusterVersion = clusterVersion;
    this.#downgrade = downgrade;
    this.#sorted = undefined;
  }

  /** Sorted by id; a snapshot that later changes leave alone. */
  members(): readonly Member[] {
    this.#sorted ??= [...this.#members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return this.#sorted;
  }

  member(id: MemberId): Member | undefined {
    return this.#members.get(id);
  }

  /** Undefined before its own addition is applied, and after its removal. */
  get localMember(): Member | undefined {
    return this.#members.get(this.localId);
  }

  /** For ever: an id never comes back. */
  isRemoved(id: MemberId): boolean {
    return this.#removed.has(id);
  }

  /** Undefined until the first was agreed on. */
  get clusterVersion(): string | undefined {
    return this.#clusterVersion;
  }

  get downgrade(): Downgrade {
    return this.#downgrade;
  }

  /**
   * Whether a committed change is to be applied. It looks at replicated state only, so that all
   * members judge alike: a limit from this member's own flags has no place here.
   */
  validate(change: MembershipChange): MembershipVerdict {
    const id = change.kind === 'add' ? change.member.id : change.id;
    if (this.#removed.has(id)) return 'idRemoved';
    const present = this.#members.get(id);
    if (change.kind === 'add') {
      if (present !== undefined) return 'idExists';
      return this.#peerUrlTaken(change.member.peerUrls, id) ? 'peerUrlExists' : 'ok';
    }
    if (present === undefined) return 'idNotFound';
    if (change.kind === 'promote') return present.isLearner ? 'ok' : 'memberNotLearner';
    if (change.kind === 'update') {
      return this.#peerUrlTaken(change.peerUrls, id) ? 'peerUrlExists' : 'ok';
    }
    return 'ok';
  }

  /** Whether to propose a change: `validate` and the limit of learners. */
  validateProposal(change: MembershipChange): MembershipVerdict {
    const verdict = this.validate(change);
    if (verdict !== 'ok' || change.kind !== 'add' || !change.member.isLearner) return verdict;
    const learners = this.members().filter((member) => member.isLearner).length;
    return learners < this.#maxLearners ? 'ok' : 'tooManyLearners';
  }

  addMember(member: Member): void {
    this.#judged({ kind: 'add', member });
    this.#save(member);
  }

  removeMember(id: MemberId): void {
    this.#judged({ kind: 'remove', id });
    this.#members.delete(id);
    this.#removed.add(id);
    this.#sorted = undefined;
    this.#store.removeMember(id);
  }

  promoteMember(id: MemberId): void {
    this.#judged({ kind: 'promote', id });
    this.#save({ ...this.#known(id), isLearner: false });
  }

  updatePeerUrls(id: MemberId, peerUrls: readonly string[]): void {
    this.#judged({ kind: 'update', id, peerUrls });
    this.#save({ ...this.#known(id), peerUrls: [...peerUrls] });
  }

  /**
   * What a member publishes of itself. One that was removed meanwhile publishes in vain: its last
   * words may come after the change that removed it.
   */
  updateAttributes(
    id: MemberId,
    attributes: { readonly name: string; readonly clientUrls: readonly string[] },
  ): 'ok' | 'idRemoved' {
    if (this.#removed.has(id)) return 'idRemoved';
    const { name, clientUrls } = attributes;
    this.#save({ ...this.#known(id), name, clientUrls: [...clientUrls] });
    return 'ok';
  }

  setClusterVersion(version: string): void {
    this.#clusterVersion = version;
    this.#store.saveClusterVersion(version);
  }

  setDowngrade(downgrade: Downgrade): void {
    this.#downgrade = downgrade.enabled ? downgrade : NO_DOWNGRADE;
    this.#store.saveDowngrade(this.#downgrade);
  }

  #judged(change: MembershipChange): void {
    const verdict = this.validate(change);
    assert(verdict === 'ok', () => `invalid membership change ${change.kind}: ${verdict}`);
  }

  #known(id: MemberId): Member {
    return must(this.#members.get(id), () => `unknown member ${id.toString(16)}`);
  }

  #save(member: Member): void {
    this.#members.set(member.id, member);
    this.#sorted = undefined;
    this.#store.saveMember(member);
  }

  #peerUrlTaken(peerUrls: readonly string[], by: MemberId): boolean {
    for (const member of this.#members.values()) {
      if (member.id !== by && member.peerUrls.some((url) => peerUrls.includes(url))) return true;
    }
    return false;
  }
}

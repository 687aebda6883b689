import type { ClusterId, MemberId } from '@etcd-ts/foundation';
import type { Member } from './member.js';

/** The backend's `members`, `members_removed` and `cluster` buckets. */
export interface MembershipStore {
  saveMember(member: Member): void;
  /** Deletes the member and remembers its id for ever. */
  removeMember(id: MemberId): void;
  saveClusterVersion(version: string): void;
  load(): {
    readonly members: Iterable<Member>;
    readonly removed: Iterable<MemberId>;
    readonly clusterVersion: string | undefined;
  };
}

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
  readonly maxLearners: number;
}

export declare class Cluster {
  constructor(options: ClusterOptions);
  readonly clusterId: ClusterId;
  readonly localId: MemberId;
  /** Replaces the state by what the store holds: after a restart or a snapshot. */
  load(): void;
  /** Sorted by id. */
  members(): readonly Member[];
  member(id: MemberId): Member | undefined;
  get localMember(): Member | undefined;
  isRemoved(id: MemberId): boolean;
  get clusterVersion(): string | undefined;
  validate(change: MembershipChange): MembershipVerdict;
  addMember(member: Member): void;
  removeMember(id: MemberId): void;
  promoteMember(id: MemberId): void;
  updateAttributes(id: MemberId, attributes: { name: string; clientUrls: readonly string[] }): void;
  updatePeerUrls(id: MemberId, peerUrls: readonly string[]): void;
  setClusterVersion(version: string): void;
}

import type { ClusterId, LeaseId, MemberId } from '@etcd-ts/foundation';
import type { Member } from '@etcd-ts/membership';
import type { LocalMember, RaftPort, SnapshotSink, SnapshotSource } from '@etcd-ts/peer-transport';
import type { Message } from '@etcd-ts/raft';
import type { LeaseTimeToLiveRequest, LeaseTimeToLiveResponse } from '@etcd-ts/wire-protocol';

/**
 * The way to the other members, whatever carries it. Messages may be lost, doubled and reordered.
 * `RaftPort` is called synchronously, also from within `send`.
 */
export interface PeerNetwork {
  addPeer(id: MemberId, urls: readonly string[]): void;
  /** Somebody who may answer this member before its log says that they are one cluster. */
  addRemote(id: MemberId, urls: readonly string[]): void;
  removePeer(id: MemberId): void;
  updatePeer(id: MemberId, urls: readonly string[]): void;
  /** Those added and not removed; remotes are none. */
  peerIds(): readonly MemberId[];
  /** In order per member; all messages of one moment belong in one call. */
  send(messages: readonly Message[]): void;
  /** Since when the member is reachable, on the monotonic clock; undefined if it is not. */
  activeSince(id: MemberId): number | undefined;
  stop(): void;
}

/** What a member gives to whatever carries its messages. */
export interface PeerNetworkParts {
  readonly local: LocalMember;
  readonly raft: RaftPort;
  readonly snapshotSource: SnapshotSource;
  readonly snapshotSink: SnapshotSink;
}

/** What a member needs to know of a cluster that it is not yet, or no longer, in touch with. */
export interface RemoteCluster {
  readonly clusterId: ClusterId;
  readonly members: readonly Member[];
}

export interface MemberVersions {
  readonly server: string;
  readonly cluster: string;
}

/** The address behind a host name; undefined when there is none. */
export type HostLookup = (host: string) => Promise<string | undefined>;

/**
 * Questions to other members outside of raft. Each tries the URLs in order; undefined when none of
 * them gives an answer.
 */
export interface PeerCalls {
  readonly lookup: HostLookup;
  cluster(urls: readonly string[], timeoutMs: number): Promise<RemoteCluster | undefined>;
  versions(urls: readonly string[], timeoutMs: number): Promise<MemberVersions | undefined>;
  /** True when done; rejects with the leader's refusal. */
  promote(urls: readonly string[], id: MemberId, timeoutMs: number): Promise<true | undefined>;
  /** The renewed TTL in seconds; rejects with LeaseNotFound. */
  renewLease(urls: readonly string[], id: LeaseId, timeoutMs: number): Promise<number | undefined>;
  /** Without a header. */
  leaseTimes(
    urls: readonly string[],
    request: LeaseTimeToLiveRequest,
    timeoutMs: number,
  ): Promise<LeaseTimeToLiveResponse | undefined>;
  /** Rejects with Compacted or FutureRev. */
  hashKv(
    urls: readonly string[],
    clusterId: ClusterId,
    revision: number,
    timeoutMs: number,
  ): Promise<RemoteHash | undefined>;
}

export interface RemoteHash {
  readonly hash: number;
  /** -1 when never compacted. */
  readonly compactRevision: number;
  /** Of the store when the hash was taken. */
  readonly revision: number;
}

/** How a member reaches others: a seam, behind which there is HTTP, or a simulation. */
export interface Peers {
  readonly calls: PeerCalls;
  /** Called once, when the member knows who it is. */
  connect(parts: PeerNetworkParts): PeerNetwork;
}

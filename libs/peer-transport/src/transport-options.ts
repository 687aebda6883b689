import type { ConnectionOptions } from 'node:tls';
import type { Clock, ClusterId, Logger, MemberId, Scheduler } from '@etcd-ts/foundation';
import type { InstallSnapshot, Message } from '@etcd-ts/raft';

/** Who this member is to the others. */
export interface LocalMember {
  readonly id: MemberId;
  readonly clusterId: ClusterId;
  /** Such as "3.7.1": peers of etcd look its minor version up in a table of what they can talk to. */
  readonly serverVersion: string;
  /** Sent with every request, so that a member not known to the other can be answered. */
  readonly peerUrls: readonly string[];
}

/**
 * `full`: raft cannot take it now and it is lost, which raft survives. `stopped`: it takes nothing
 * any more.
 */
export type ReceiveOutcome = 'taken' | 'full' | 'stopped';

/**
 * The raft behind the transport. Called synchronously, the reports also from within send(); it must
 * not call back into the transport. Nothing is called any more after stop(), and nothing about a
 * peer after its removePeer().
 */
export interface RaftPort {
  /**
   * One message from another member, in the order of its stream. The bytes in it may be views of
   * received memory and belong to raft from here on. A snapshot comes when its content is durable.
   */
  receive(message: Message): ReceiveOutcome;
  /** Messages to this member were lost, or may have been. It need not be a member any more. */
  reportUnreachable(id: MemberId): void;
  /**
   * How the sending of a snapshot ended. A snapshot handed to send() while another one to the same
   * member is under way is not sent: the report about that one stands for both.
   */
  reportSnapshot(id: MemberId, outcome: 'finish' | 'failure'): void;
  /** Whether this member once was in the cluster: what it says is refused. */
  isRemoved(id: MemberId): boolean;
  /** The others have removed this member: it must stop. Said once. */
  removedFromCluster(): void;
}

export interface SnapshotContent {
  /** What is sent in front of the content; its index may be newer than that of the one asked for. */
  readonly message: InstallSnapshot;
  /** Exactly as many bytes as `chunks` brings. */
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Called once, after the last chunk was read or the sending was given up. */
  close(): void;
}

export interface SnapshotSource {
  open(message: InstallSnapshot): Promise<SnapshotContent>;
}

export interface SnapshotSink {
  /**
   * Resolves with the number of bytes when the content is durable under its name. If `chunks`
   * throws, nothing may stay behind, and the promise rejects with the same error.
   */
  save(index: number, chunks: AsyncIterable<Uint8Array>): Promise<number>;
}

/** For metrics. */
export interface TransportObserver {
  sent(to: MemberId, bytes: number): void;
  sendFailed(to: MemberId): void;
  received(from: MemberId, bytes: number): void;
  /** From a member, or from an address if it did not come so far as to say who it is. */
  receiveFailed(from: MemberId | string): void;
  peerActive(remote: MemberId): void;
  /** Also when the peer is stopped on purpose: then it is not `lost`. */
  peerInactive(remote: MemberId, lost: boolean): void;
  roundTrip(to: MemberId, seconds: number): void;
  snapshotSending(to: MemberId): void;
  /** After each snapshotSending. */
  snapshotSent(to: MemberId, succeeded: boolean, seconds: number): void;
  snapshotReceiving(from: MemberId): void;
  /** After each snapshotReceiving. */
  snapshotReceived(from: MemberId, succeeded: boolean, seconds: number): void;
  /** Before anything was received; undefined if the sender did not come so far as to say who it is. */
  snapshotRefused(from: MemberId | undefined): void;
}

export interface TransportOptions {
  readonly local: LocalMember;
  readonly raft: RaftPort;
  readonly snapshotSource: SnapshotSource;
  readonly snapshotSink: SnapshotSink;
  /** etcd: 1 second and an election timeout. */
  readonly dialTimeoutMs: number;
  /** For peers with https URLs, asked for each connection: certificate, key, what to verify. */
  readonly tls?: () => ConnectionOptions;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly observer: TransportObserver;
}

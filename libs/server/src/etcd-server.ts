import type { ClusterId, LeaseId, MemberId, Revision, Term } from '@etcd-ts/foundation';
import type { Downgrade, Member } from '@etcd-ts/membership';
import type { EncodedRange, KeyValue, WatchEvent, WatchHub } from '@etcd-ts/mvcc';
import type { Status } from '@etcd-ts/raft';
import type {
  AlarmRequest,
  AlarmResponse,
  AlarmType,
  AuthDisableResponse,
  AuthenticateResponse,
  AuthEnableResponse,
  AuthRoleAddResponse,
  AuthRoleDeleteResponse,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionRequest,
  AuthRoleGrantPermissionResponse,
  AuthRoleListResponse,
  AuthRoleRevokePermissionRequest,
  AuthRoleRevokePermissionResponse,
  AuthStatusResponse,
  AuthUserAddRequest,
  AuthUserAddResponse,
  AuthUserChangePasswordRequest,
  AuthUserChangePasswordResponse,
  AuthUserDeleteResponse,
  AuthUserGetResponse,
  AuthUserGrantRoleRequest,
  AuthUserGrantRoleResponse,
  AuthUserListResponse,
  AuthUserRevokeRoleRequest,
  AuthUserRevokeRoleResponse,
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  EtcdError,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  StatusResponse,
  TxnRequest,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

import type { CallOrigin } from './access/caller.js';
import type { DirectPut, DirectRequest } from './proposal.js';
import type { DatabaseContent } from './transfer/outgoing-snapshot.js';
import type { V2Server } from './v2-server.js';

/** What every response header tells of the member that answered. */
export interface HeaderFacts {
  readonly clusterId: ClusterId;
  readonly memberId: MemberId;
  readonly revision: Revision;
  readonly raftTerm: Term;
}

export interface RangeStreamChunk {
  /** As in EncodedRange. */
  readonly rows: readonly Uint8Array[];
  /** Of the last chunk: what is to be said of the whole range, and in the header. */
  readonly end:
    { readonly more: boolean; readonly count: number; readonly revision: Revision } | undefined;
}

/**
 * Requests are expected to be well formed (the faces validate); what the state decides fails with
 * an `EtcdError`. Responses carry a header with nothing but `revision`; the gRPC face adds ids and
 * term. A mutation that returned is durable on a quorum and applied here. A linearizable read saw
 * every mutation acknowledged before it began; a serializable one may be stale.
 */
export interface KeyValueOperations {
  range(request: RangeRequest): Promise<RangeResponse>;
  /** The same for who passes the rows on as they are, which is all that a wide range costs. */
  rangeEncoded(request: RangeRequest): Promise<EncodedRange>;
  /** Chunks of one revision. */
  rangeStream(request: RangeRequest): AsyncIterable<RangeStreamChunk>;
  put(request: PutRequest): Promise<PutResponse>;
  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse>;
  txn(request: TxnRequest): Promise<TxnResponse>;
  compact(request: CompactionRequest): Promise<CompactionResponse>;
}

export interface DirectWriteOperations {
  /** Whether anything can be taken now; with users, nothing: each write is to be permitted. */
  readonly isOpen: boolean;
  /**
   * Takes a marshalled PutRequest that asks for nothing but a key, a value and perhaps a lease. Its
   * bytes are copied; `put` is told once, at once or later. False, with nothing done, for every other
   * request, and whenever a closer look is needed (users, space, overload): then the ordinary way is
   * to be asked, which tells why if it refuses.
   */
  proposePut(request: Uint8Array, put: DirectPut): boolean;
  /** The same for a transaction that writes: well formed, and what `marshalled` says. */
  proposeTxn(request: TxnRequest, marshalled: Uint8Array, txn: DirectRequest<'txn'>): boolean;
  /** The same for a lease; without an id it gets one. */
  proposeGrant(request: LeaseGrantRequest, grant: DirectRequest<'leaseGrant'>): boolean;
}

export interface LeaseOperations {
  grant(request: LeaseGrantRequest): Promise<LeaseGrantResponse>;
  revoke(request: LeaseRevokeRequest): Promise<LeaseRevokeResponse>;
  /** The renewed TTL in seconds; fails with LeaseNotFound. */
  renew(id: LeaseId): Promise<number>;
  /** On behalf of another member, which takes this one for the leader; else NotLeader. */
  renewHere(id: LeaseId): Promise<number>;
  /** An unknown lease is no error here: TTL -1. */
  timeToLive(request: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse>;
  /** As renewHere. */
  timeToLiveHere(request: LeaseTimeToLiveRequest): Promise<LeaseTimeToLiveResponse>;
  /** By expiry. */
  list(): Promise<readonly LeaseId[]>;
}

export interface ClusterOperations {
  /** Sorted by id. */
  members(linearizable: boolean): Promise<readonly Member[]>;
  /** The same as this member knows them now. */
  knownMembers(): readonly Member[];
  /**
   * Changes, through the log. They reject with MemberNotFound, MemberExist, PeerURLExist,
   * TooManyLearners, MemberNotLearner, LearnerNotReady, and, with --strict-reconfig-check, with
   * MemberNotEnoughStarted and Unhealthy.
   */
  addMember(peerUrls: readonly string[], isLearner: boolean): Promise<Member>;
  removeMember(id: MemberId): Promise<void>;
  updateMember(id: MemberId, peerUrls: readonly string[]): Promise<void>;
  /** On any member. */
  promoteMember(id: MemberId): Promise<void>;
  /** On behalf of another member, which takes this one for the leader; else NotLeader. */
  promoteMemberHere(id: MemberId): Promise<void>;
  /** Resolves when `target` leads; only on the leader, else NotLeader. */
  moveLeader(target: MemberId): Promise<void>;
}

export interface HashKvAnswer {
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
  /** Of the store when the hash was taken, for the header. */
  readonly revision: Revision;
}

export interface MaintenanceOperations {
  alarm(request: AlarmRequest): Promise<AlarmResponse>;
  status(): Promise<StatusResponse>;
  /** CRC-32C over the whole backend. */
  hash(): Promise<number>;
  /** Revision 0: the current one. */
  hashKv(revision: number): Promise<HashKvAnswer>;
  /**
   * Checks, begins or gives up running the cluster as the next older minor release; answers with the
   * cluster version. Rejects with WrongDowngradeVersionFormat, InvalidDowngradeTargetVersion,
   * DowngradeInProcess and ClusterVersionUnavailable.
   */
  downgrade(action: 'validate' | 'enable' | 'cancel', version: string): Promise<string>;
  /** As every member knows it by now. */
  downgradeInfo(): Promise<Downgrade>;
  /** The whole state as a database file of the original, made while it is read. */
  snapshot(): Promise<DatabaseContent>;
  /** Gives free pages back to the file system in slices; reads and writes go on. */
  defragment(): Promise<void>;
}

/** What a watch was permitted with. */
export interface WatchPermission {
  /** To be asked before every delivery: why nothing more may be delivered; undefined: go on. */
  refusal(): EtcdError | undefined;
}

export interface WatchOperations {
  /** Before a subscription. `rangeEnd` is the request's; rejects with what the watch is refused with. */
  permit(key: Uint8Array, rangeEnd: Uint8Array): Promise<WatchPermission>;
  /** Subscriptions to the store. The faces own the sinks and call `sinkDrained`. */
  readonly hub: WatchHub;
  /** The key as it was before this event; undefined if the event created it, or it is compacted. */
  previousKeyValue(event: WatchEvent): KeyValue | undefined;
  /** How long a synced watcher with progress_notify waits for news, in milliseconds. */
  readonly progressNotifyIntervalMs: number;
}

/**
 * Users, roles and logins. Requests are not validated before: what is wrong with them is found where
 * they are applied. Unlike others, these responses may have more fields than their type.
 */
export interface AuthOperations {
  enable(): Promise<AuthEnableResponse>;
  disable(): Promise<AuthDisableResponse>;
  status(): Promise<AuthStatusResponse>;
  /** Rejects with AuthFailed, AuthNotEnabled, and RequestTooManyRequests after too many wrong ones. */
  authenticate(name: string, password: string, signal: AbortSignal): Promise<AuthenticateResponse>;
  userAdd(request: AuthUserAddRequest, signal: AbortSignal): Promise<AuthUserAddResponse>;
  userGet(name: string): Promise<AuthUserGetResponse>;
  userList(): Promise<AuthUserListResponse>;
  userDelete(name: string): Promise<AuthUserDeleteResponse>;
  userChangePassword(
    request: AuthUserChangePasswordRequest,
    signal: AbortSignal,
  ): Promise<AuthUserChangePasswordResponse>;
  userGrantRole(request: AuthUserGrantRoleRequest): Promise<AuthUserGrantRoleResponse>;
  userRevokeRole(request: AuthUserRevokeRoleRequest): Promise<AuthUserRevokeRoleResponse>;
  roleAdd(name: string): Promise<AuthRoleAddResponse>;
  roleGet(role: string): Promise<AuthRoleGetResponse>;
  roleList(): Promise<AuthRoleListResponse>;
  roleDelete(role: string): Promise<AuthRoleDeleteResponse>;
  roleGrantPermission(
    request: AuthRoleGrantPermissionRequest,
  ): Promise<AuthRoleGrantPermissionResponse>;
  roleRevokePermission(
    request: AuthRoleRevokePermissionRequest,
  ): Promise<AuthRoleRevokePermissionResponse>;
}

/** What the member is and how it fares: for health checks and metrics. */
export interface MemberFacts {
  header(): HeaderFacts;
  /** 0n while there is none. */
  leader(): MemberId;
  isLearner(): boolean;
  clusterVersion(): string | undefined;
  raftStatus(): Status;
  activeAlarms(): readonly AlarmType[];
  /** As this member has applied it. */
  authEnabled(): boolean;
  readonly electionTimeoutMs: number;
  /** --max-request-bytes: bounds watch fragments and range stream chunks too. */
  readonly maxRequestBytes: number;
  readonly maxTxnOperations: number;
  /** A fresh positive int63, unique over members and restarts: for lease and lock ids. */
  nextLeaseId(): LeaseId;
}

/**
 * One member, as its faces (gRPC services, HTTP) see it. What is asked of it directly, it does as
 * the member itself, which may do everything: for a client there is `as`.
 */
export interface EtcdServer {
  /**
   * The same on behalf of whoever makes a call: everything is refused that is not permitted to its
   * user, as etcd has it. Whose call it is, is found out with every operation, as tokens run out.
   */
  as(call: CallOrigin): EtcdServer;
  readonly auth: AuthOperations;
  readonly facts: MemberFacts;
  readonly keyValues: KeyValueOperations;
  /** The way that most writes can go; whose they are is known: anybody's. */
  readonly directWrites: DirectWriteOperations;
  readonly leases: LeaseOperations;
  readonly cluster: ClusterOperations;
  readonly maintenance: MaintenanceOperations;
  readonly watch: WatchOperations;
  readonly v2: V2Server;
}

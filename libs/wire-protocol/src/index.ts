export { ResponseHeader } from './generated/etcdserverpb/header.pb.js';
export {
  CompactionRequest,
  CompactionResponse,
  Compare,
  Compare_CompareResult,
  Compare_CompareTarget,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KVDefinition,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  RangeResponse,
  RangeStreamResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
} from './generated/etcdserverpb/kv.pb.js';
export {
  WatchCancelRequest,
  WatchCreateRequest,
  WatchCreateRequest_FilterType,
  WatchDefinition,
  WatchProgressRequest,
  WatchRequest,
  WatchResponse,
} from './generated/etcdserverpb/watch.pb.js';
export {
  LeaseCheckpoint,
  LeaseCheckpointRequest,
  LeaseCheckpointResponse,
  LeaseDefinition,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesRequest,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseStatus,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from './generated/etcdserverpb/lease.pb.js';
export {
  ClusterDefinition,
  Member,
  MemberAddRequest,
  MemberAddResponse,
  MemberListRequest,
  MemberListResponse,
  MemberPromoteRequest,
  MemberPromoteResponse,
  MemberRemoveRequest,
  MemberRemoveResponse,
  MemberUpdateRequest,
  MemberUpdateResponse,
} from './generated/etcdserverpb/cluster.pb.js';
export {
  AlarmMember,
  AlarmRequest,
  AlarmRequest_AlarmAction,
  AlarmResponse,
  AlarmType,
  DefragmentRequest,
  DefragmentResponse,
  DowngradeInfo,
  DowngradeRequest,
  DowngradeRequest_DowngradeAction,
  DowngradeResponse,
  DowngradeVersionTestRequest,
  HashKVRequest,
  HashKVResponse,
  HashRequest,
  HashResponse,
  MaintenanceDefinition,
  MoveLeaderRequest,
  MoveLeaderResponse,
  SnapshotRequest,
  SnapshotResponse,
  StatusRequest,
  StatusResponse,
} from './generated/etcdserverpb/maintenance.pb.js';
export {
  AuthDefinition,
  AuthDisableRequest,
  AuthDisableResponse,
  AuthEnableRequest,
  AuthEnableResponse,
  AuthRoleAddRequest,
  AuthRoleAddResponse,
  AuthRoleDeleteRequest,
  AuthRoleDeleteResponse,
  AuthRoleGetRequest,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionRequest,
  AuthRoleGrantPermissionResponse,
  AuthRoleListRequest,
  AuthRoleListResponse,
  AuthRoleRevokePermissionRequest,
  AuthRoleRevokePermissionResponse,
  AuthStatusRequest,
  AuthStatusResponse,
  AuthUserAddRequest,
  AuthUserAddResponse,
  AuthUserChangePasswordRequest,
  AuthUserChangePasswordResponse,
  AuthUserDeleteRequest,
  AuthUserDeleteResponse,
  AuthUserGetRequest,
  AuthUserGetResponse,
  AuthUserGrantRoleRequest,
  AuthUserGrantRoleResponse,
  AuthUserListRequest,
  AuthUserListResponse,
  AuthUserRevokeRoleRequest,
  AuthUserRevokeRoleResponse,
  AuthenticateRequest,
  AuthenticateResponse,
} from './generated/etcdserverpb/auth.pb.js';
export {
  EmptyResponse,
  InternalAuthenticateRequest,
  InternalRaftRequest,
  RequestHeader,
} from './generated/etcdserverpb/raft_internal.pb.js';
export {
  Metadata as WalMetadata,
  Request as V2Request,
} from './generated/etcdserverpb/etcdserver.pb.js';
export { Event, Event_EventType, KeyValue } from './generated/mvccpb/kv.pb.js';
export {
  Permission,
  Permission_Type,
  Role,
  User,
  UserAddOptions,
} from './generated/authpb/auth.pb.js';
export {
  Attributes,
  ClusterMemberAttrSetRequest,
  ClusterVersionSetRequest,
  DowngradeInfoSetRequest,
  Member as MembershipMember,
  RaftAttributes,
} from './generated/membershippb/membership.pb.js';
export {
  Lease,
  LeaseInternalRequest,
  LeaseInternalResponse,
} from './generated/leasepb/lease.pb.js';
export {
  LockDefinition,
  LockRequest,
  LockResponse,
  UnlockRequest,
  UnlockResponse,
} from './generated/v3lockpb/v3lock.pb.js';
export {
  CampaignRequest,
  CampaignResponse,
  ElectionDefinition,
  LeaderKey,
  LeaderRequest,
  LeaderResponse,
  ProclaimRequest,
  ProclaimResponse,
  ResignRequest,
  ResignResponse,
} from './generated/v3electionpb/v3election.pb.js';
export {
  Endpoint as SrvEndpoint,
  ResolverDefinition,
  ResolveRequest,
  ResolveResponse,
  Role as SrvRole,
  Service as SrvService,
  Status as SrvStatus,
} from './generated/srvpb/srv.pb.js';
export {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
} from './generated/grpc/health/v1/health.pb.js';
export {
  ConfChange as RaftpbConfChange,
  ConfChangeSingle as RaftpbConfChangeSingle,
  ConfChangeTransition as RaftpbConfChangeTransition,
  ConfChangeType as RaftpbConfChangeType,
  ConfChangeV2 as RaftpbConfChangeV2,
  ConfState as RaftpbConfState,
  Entry as RaftpbEntry,
  EntryType as RaftpbEntryType,
  HardState as RaftpbHardState,
  Message as RaftpbMessage,
  MessageType as RaftpbMessageType,
  Snapshot as RaftpbSnapshot,
  SnapshotMetadata as RaftpbSnapshotMetadata,
} from './generated/raftpb/raft.pb.js';
export { Record as WalRecord, Snapshot as WalSnapshot } from './generated/walpb/record.pb.js';
export { snapshot as SnappbSnapshot } from './generated/snappb/snap.pb.js';
export { EtcdError } from './errors/etcd-error.js';
export type { ErrorDescriptor } from './errors/etcd-error.js';
export { GRPC_STATUS_NAMES, GrpcStatus } from './errors/grpc-status.js';
export type { GrpcCode, GrpcStatusName } from './errors/grpc-status.js';
export { ERRORS, toEtcdError, UNCODED_ERRORS } from './errors/registry.js';
export type { ErrorName, RegisteredError } from './errors/registry.js';
export { decodeConfChange, encodeConfChange } from './raftpb/conf-change-codec.js';
export { decodeEntry, encodeEntry } from './raftpb/entry-codec.js';
export { ENTRY_TYPES } from './raftpb/enum-names.js';
export { FieldReader, MalformedMessageError } from './raftpb/field-reader.js';
export { encodeSized, lengthDelimitedSize } from './raftpb/field-writer.js';
export { decodePeerMessage, encodePeerMessage } from './raftpb/peer-message-codec.js';
export type {
  RaftConfChange,
  RaftConfChangeType,
  RaftConfState,
  RaftEntry,
  RaftEntryType,
  RaftHardState,
  RaftPeerMessage,
  RaftSnapshot,
  RaftSnapshotMetadata,
} from './raftpb/raft-types.js';
export { decodeSnapshot, encodeSnapshot } from './raftpb/snapshot-codec.js';
export { decodeConfState, encodeConfState } from './raftpb/state-codec.js';
export { Request as V2RaftRequest } from './generated/etcdserverpb/etcdserver.pb.js';
export { encodeMessage } from './message/encode-message.js';
export type { MessageEncoder } from './message/encode-message.js';

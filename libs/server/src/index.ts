export type { CallOrigin } from './access/caller.js';
export { alarmName } from './alarms.js';
export { BootstrapError } from './bootstrap/bootstrap-error.js';
export type {
  AuthOperations,
  ClusterOperations,
  DirectWriteOperations,
  EtcdServer,
  HashKvAnswer,
  HeaderFacts,
  KeyValueOperations,
  LeaseOperations,
  MaintenanceOperations,
  MemberFacts,
  WatchOperations,
  WatchPermission,
} from './etcd-server.js';
export { openMember } from './member.js';
export type { Member } from './member.js';
export { planRestore } from './restore/restore-member.js';
export type { RestorePlan } from './restore/restore-member.js';
export { DirectPut, DirectRequest } from './proposal.js';
export type { DirectKind, DirectResponse } from './proposal.js';
export { requestTimeoutMs } from './request-timeout.js';
export type { MemberParts } from './member-assembly.js';
export { LONE_PEERS } from './peers/lone-peers.js';
export { MemberRemovedError } from './peers/member-removed-error.js';
export type { PeerNetwork, PeerNetworkParts, Peers } from './peers/network.js';
export { SYSTEM_CLOCK, SYSTEM_SCHEDULER } from './system-time.js';
export { toWireKeyValue } from './translate/response-translation.js';
export type {
  FollowerReport,
  MemberOutcome,
  SelfReport,
  TrafficReport,
  V2Member,
  V2Server,
} from './v2-server.js';
export { SERVER_VERSION, STORAGE_VERSION } from './version.js';

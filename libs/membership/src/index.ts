export { resolvedDifference, verifyBootstrap, verifyJoinExisting } from './bootstrap-check.js';
export type { BootstrapCheck, JoinCheck } from './bootstrap-check.js';
export { Cluster, NO_DOWNGRADE } from './cluster.js';
export type {
  ClusterOptions,
  Downgrade,
  MembershipChange,
  MembershipStore,
  MembershipVerdict,
} from './cluster.js';
export { ExactJsonError } from './exact-json.js';
export { computeClusterId, computeMemberId } from './identity.js';
export type { Sha1 } from './identity.js';
export { bootstrapMembers, parseInitialCluster } from './initial-cluster.js';
export type { InitialCluster, InitialClusterOutcome, PeerUrlParser } from './initial-cluster.js';
export {
  decodeConfigChangeContext,
  decodeMember,
  decodeMembers,
  encodeConfigChangeContext,
  encodeMember,
  encodeMembers,
} from './member-json.js';
export type { ConfigChangeContext } from './member-json.js';
export type { Member } from './member.js';
export {
  clusterVersionOf,
  compareVersions,
  formatVersion,
  parseVersion,
} from './semantic-version.js';
export type { SemanticVersion } from './semantic-version.js';
export {
  enoughStartedToAddVoter,
  enoughStartedToPromote,
  enoughStartedToRemoveVoter,
} from './voter-safety.js';

export { Cluster } from './cluster.js';
export type {
  ClusterOptions,
  MembershipChange,
  MembershipStore,
  MembershipVerdict,
} from './cluster.js';
export { computeClusterId, computeMemberId } from './identity.js';
export type { Sha1 } from './identity.js';
export {
  bootstrapMembers,
  formatInitialCluster,
  parseInitialCluster,
  verifyBootstrap,
  verifyJoinExisting,
} from './initial-cluster.js';
export type { BootstrapCheck, InitialCluster, InitialClusterOutcome } from './initial-cluster.js';
export {
  decodeConfigChangeContext,
  decodeMember,
  encodeConfigChangeContext,
  encodeMember,
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

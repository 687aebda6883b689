export type { DiscoveryFailure, DiscoveryOutcome, FailureReason } from './discovery-outcome.js';
export { PLAINTEXT } from './etcd/client-security.js';
export type { ClientSecurity, Keepalive } from './etcd/client-security.js';
export { EtcdEndpoints } from './etcd/etcd-endpoints.js';
export type { EtcdEndpointsOptions } from './etcd/etcd-endpoints.js';
export type { Joiner } from './joiner.js';
export { discoverClientEndpoints, withoutInsecure } from './srv/client-endpoints.js';
export type { ClientEndpoints } from './srv/client-endpoints.js';
export { joinThroughSrv } from './srv/join-srv.js';
export type { ServiceSource, SrvDiscoveryOptions } from './srv/join-srv.js';
export { lookUpThroughService } from './srv/resolver-client.js';
export type { ResolverServiceOptions } from './srv/resolver-client.js';
export {
  complaintAboutService,
  lookUpServices,
  SERVICES,
  serviceName,
} from './srv/service-lookup.js';
export type {
  NameResolver,
  ServiceEndpoint,
  ServiceLookup,
  ServiceRole,
} from './srv/service-lookup.js';
export { joinThroughV2 } from './v2/join-v2.js';
export type { V2DiscoveryOptions } from './v2/join-v2.js';
export { joinThroughV3 } from './v3/join-v3.js';
export type { V3DiscoveryOptions } from './v3/join-v3.js';
export { memberKey, membersPrefix, readSizeValue, sizeKey } from './v3/registry-keys.js';

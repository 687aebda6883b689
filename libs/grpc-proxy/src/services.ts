import type { KeySpace } from '@etcd-ts/client';
import type { Clock } from '@etcd-ts/foundation';
import type { BoundService } from '@etcd-ts/rpc';
import {
  AuthDefinition,
  ElectionDefinition,
  HealthDefinition,
  LockDefinition,
  MaintenanceDefinition,
} from '@etcd-ts/wire-protocol';
import { clusterService } from './cluster/cluster-service.js';
import type { GrpcProxyConfig } from './config.js';
import { kvService } from './kv/kv-service.js';
import { RangeCache } from './kv/range-cache.js';
import { leaseService } from './lease/lease-service.js';
import type { ProxyMetrics } from './metrics.js';
import { electionInNamespace, lockInNamespace } from './namespace/lock-services.js';
import { SeenRevisions } from './seen-revisions.js';
import { forwardedService } from './upstream/forwarded-service.js';
import type { Upstream } from './upstream/upstream.js';
import { watchService } from './watch/watch-service.js';

export interface ServicesParts {
  readonly config: GrpcProxyConfig;
  readonly upstream: Upstream;
  readonly space: KeySpace;
  readonly metrics: ProxyMetrics;
  readonly clock: Clock;
}

/** All services of a cluster, as the proxy has them. */
export function proxyServices(parts: ServicesParts): readonly BoundService[] {
  const { config, upstream, space, metrics, clock } = parts;
  const { isOrdered, advertiseUrl, hostName, resolverPrefix } = config;
  const revisions = new SeenRevisions();
  const cache = new RangeCache(clock);
  const isNamespaced = space.prefix.length > 0;
  return [
    kvService({ upstream, space, cache, revisions, isOrdered, metrics }),
    watchService({ upstream, space, revisions, metrics }),
    leaseService(upstream, space),
    clusterService({ upstream, space, advertiseUrl, hostName, resolverPrefix }),
    isNamespaced ? lockInNamespace(upstream, space) : forwardedService(LockDefinition, upstream),
    isNamespaced
      ? electionInNamespace(upstream, space)
      : forwardedService(ElectionDefinition, upstream),
    forwardedService(MaintenanceDefinition, upstream),
    forwardedService(AuthDefinition, upstream),
    forwardedService(HealthDefinition, upstream),
  ];
}

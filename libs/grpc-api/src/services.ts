import type { Clock, Logger, Rng, Scheduler } from '@etcd-ts/foundation';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { describeMethods } from '@etcd-ts/rpc';
import type { BoundService, RpcMethod } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import {
  AuthDefinition,
  ClusterDefinition,
  ElectionDefinition,
  HealthDefinition,
  KVDefinition,
  LeaseDefinition,
  LockDefinition,
  MaintenanceDefinition,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';

import { authService } from './auth-service.js';

import { clusterService } from './cluster-service.js';
import { electionService } from './election-service.js';
import { CallGuard } from './guard/call-guard.js';
import { healthService } from './health-service.js';
import { kvService } from './kv-service.js';
import { leaseService } from './lease-service.js';
import { lockService } from './lock-service.js';
import { maintenanceService } from './maintenance-service.js';
import { watchService } from './watch/watch-service.js';

/** Every method of a node, known before the node is: metrics begin at zero for all of them. */
export const ETCD_METHODS: readonly RpcMethod[] = [
  KVDefinition,
  WatchDefinition,
  LeaseDefinition,
  ClusterDefinition,
  MaintenanceDefinition,
  AuthDefinition,
  LockDefinition,
  ElectionDefinition,
  HealthDefinition,
].flatMap((definition) => describeMethods(definition));

export interface EtcdServicesParts {
  readonly server: EtcdServer;
  readonly metrics: EtcdMetrics;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  readonly logger: Logger;
  /** --warning-unary-request-duration; 0: none. */
  readonly warningDurationMs: number;
  /** Ends the streams when the node stops; its reason is the error they end with. */
  readonly stopping: AbortSignal;
}

/** All gRPC services of a member, ready for any transport. */
export function etcdServices(parts: EtcdServicesParts): readonly BoundService[] {
  const { server } = parts;
  const services = [
    kvService(server),
    watchService(parts),
    leaseService(parts),
    clusterService(server),
    maintenanceService(server),
    authService(server),
    lockService(server),
    electionService(server),
    healthService(),
  ];
  const guard = new CallGuard({ ...parts, facts: server.facts });
  return services.map((service) => guard.guard(service));
}

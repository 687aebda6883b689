import { Registry } from 'prom-client';
import { diskMetrics } from './disk.js';
import type { DiskMetrics } from './disk.js';
import { GrpcMetrics } from './grpc.js';
import type { GrpcMethod } from './grpc.js';
import { leaseMetrics } from './lease.js';
import type { LeaseMetrics } from './lease.js';
import { legacyMetrics } from './legacy.js';
import type { LegacyMetrics } from './legacy.js';
import { MetricFactory } from './metric-factory.js';
import { mvccMetrics } from './mvcc.js';
import type { MvccMetrics } from './mvcc.js';
import { networkMetrics } from './network.js';
import type { NetworkMetrics } from './network.js';
import { nodeRuntimeMetrics } from './node-runtime.js';
import { processMetrics } from './process.js';
import { MetricsPage } from './scrape.js';
import type { Scrape } from './scrape.js';
import { serverMetrics } from './server.js';
import type { ServerMetrics } from './server.js';

export interface MetricsOptions {
  /** Such as "3.7.1". */
  readonly serverVersion: string;
  /** --metrics: extensive adds histograms of the handling time per method. */
  readonly mode: 'basic' | 'extensive';
  /** Every method the node serves; their counters are there from the start, at 0. */
  readonly grpcMethods: readonly GrpcMethod[];
}

/**
 * All metrics of one node. Two nodes in one process share nothing but what is the process's
 * (process_*, nodejs_*, os_*), which both report.
 */
export interface EtcdMetrics {
  /** The node's own; a program which embeds a node may add its metrics or read from it. */
  readonly registry: Registry;
  readonly disk: DiskMetrics;
  readonly mvcc: MvccMetrics;
  readonly server: ServerMetrics;
  readonly lease: LeaseMetrics;
  readonly network: NetworkMetrics;
  readonly grpc: GrpcMetrics;
  readonly legacy: LegacyMetrics;
  /** The text for /metrics. */
  scrape(): Promise<Scrape>;
  /** Stops what measures the runtime. */
  close(): void;
}

export function createMetrics(options: MetricsOptions): EtcdMetrics {
  const registry = new Registry();
  const make = new MetricFactory(registry);
  const page = new MetricsPage(make, registry);
  const server = serverMetrics(make);
  server.version.with(options.serverVersion).set(1);
  server.runtimeVersion.with(`node${process.versions.node}`).set(1);
  processMetrics(make);
  return {
    registry,
    server,
    disk: diskMetrics(make),
    mvcc: mvccMetrics(make),
    lease: leaseMetrics(make),
    network: networkMetrics(make),
    grpc: new GrpcMetrics(make, options.grpcMethods, options.mode === 'extensive'),
    legacy: legacyMetrics(make),
    scrape: () => page.scrape(),
    close: nodeRuntimeMetrics(make),
  };
}

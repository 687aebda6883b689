import { randomUUID } from 'node:crypto';
import { Client, Namespace, WHOLE_KEY_SPACE } from '@etcd-ts/client';
import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import { GRPC_OVERHEAD_BYTES } from '@etcd-ts/foundation';
import { createHttpServer } from '@etcd-ts/http-gateway';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { ClientPort, GrpcServer } from '@etcd-ts/rpc';
import type { ClientPortAddress } from '@etcd-ts/rpc';
import { Registration } from './cluster/registration.js';
import type { GrpcProxyConfig } from './config.js';
import { proxyPages } from './http/pages.js';
import { callObserver } from './port/call-observer.js';
import { listenerSecurity } from './port/listener-security.js';
import { proxyServices } from './services.js';
import { Upstream } from './upstream/upstream.js';

export interface GrpcProxyParts {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly metrics: EtcdMetrics;
}

/** A connection that has not said what it speaks after this time is closed. */
const SNIFF_TIMEOUT_MS = 10_000;
/** A member that does not answer for so long is not there; the next one is asked. */
const DIAL_TIMEOUT_MS = 2_000;
/** With no member at all a call is told so, rather than wait for as long as its client does. */
const REACH_TIMEOUT_MS = 3_000;
/** gRPC's own limit, which the original's server has; more only for who may send more. */
const MIN_RECEIVE_BYTES = 4 * 1024 * 1024;
/** Clients have been told to go; whoever stays longer is cut off. */
const STOP_GRACE_MS = 500;

export class GrpcProxy {
  readonly #client: Client;
  readonly #grpc: GrpcServer;
  readonly #ports: readonly ClientPort[];
  readonly #registration: Registration | undefined;
  readonly #cancelSync: CancelTimer;
  readonly #metrics: EtcdMetrics;

  /** Rejects with ListenError or TlsFileError; the cluster need not be there. */
  static async start(config: GrpcProxyConfig, parts: GrpcProxyParts): Promise<GrpcProxy> {
    const { logger, metrics } = parts;
    const client = clientOf(config);
    const grpc = new GrpcServer({
      maxReceiveBytes: Math.max(MIN_RECEIVE_BYTES, config.maxSendBytes + GRPC_OVERHEAD_BYTES),
      maxConcurrentStreams: config.maxConcurrentStreams,
      keepaliveMinTimeMs: config.keepaliveMinTimeMs,
      keepaliveIntervalMs: config.keepaliveIntervalMs,
      keepaliveTimeoutMs: config.keepaliveTimeoutMs,
      observer: callObserver(metrics, config.logsCalls ? logger : undefined),
      logger,
    });
    const upstream = new Upstream(client, randomUUID());
    const space = spaceOf(config);
    const legacy = metrics.legacy;
    for (const service of proxyServices({ ...parts, config, upstream, space, metrics: legacy })) {
      grpc.add(service);
    }
    try {
      return new GrpcProxy(config, parts, client, grpc, await listen(config, parts, client, grpc));
    } catch (error) {
      await grpc.close(0);
      client.close();
      throw error;
    }
  }

  private constructor(
    config: GrpcProxyConfig,
    { logger, scheduler, metrics }: GrpcProxyParts,
    client: Client,
    grpc: GrpcServer,
    ports: readonly ClientPort[],
  ) {
    this.#client = client;
    this.#grpc = grpc;
    this.#ports = ports;
    this.#metrics = metrics;
    const own = config.namespace === '' ? client : client.namespace(config.namespace);
    const openSession = (ttlSeconds: number) => client.session({ ttlSeconds });
    this.#registration =
      config.resolverPrefix === '' ? undefined : new Registration(config, own, openSession, logger);
    const sync = (): void => {
      client
        .syncEndpoints({ timeoutMs: config.endpointsSyncIntervalMs })
        .catch((error: unknown) => {
          logger.warn('failed to synchronise the endpoints', { error: String(error) });
        });
    };
    this.#cancelSync =
      config.endpointsSyncIntervalMs === 0
        ? () => undefined
        : scheduler.every(config.endpointsSyncIntervalMs, sync);
  }

  /** Of the address it listens on, as bound. */
  get port(): number {
    const [address] = this.#ports[0]?.addresses ?? [];
    return address !== undefined && 'port' in address ? address.port : 0;
  }

  async stop(): Promise<void> {
    this.#cancelSync();
    await this.#registration?.stop();
    const closing = this.#ports.map((port) => port.close(STOP_GRACE_MS));
    await Promise.all([...closing, this.#grpc.close(STOP_GRACE_MS)]);
    this.#client.close();
    this.#metrics.close();
  }
}

function clientOf(config: GrpcProxyConfig): Client {
  const { clusterTls } = config;
  return new Client({
    endpoints: config.endpoints,
    // As the original: the members share what comes through the proxy.
    balance: 'round-robin',
    ...(clusterTls !== undefined && { tls: clusterTls }),
    dialTimeoutMs: DIAL_TIMEOUT_MS,
    reachTimeoutMs: REACH_TIMEOUT_MS,
    // Whoever called says how long to wait, and may wait for ever: for a lock, say.
    requestTimeoutMs: Infinity,
    keepaliveTimeMs: config.dialKeepaliveTimeMs,
    keepaliveTimeoutMs: config.dialKeepaliveTimeoutMs,
    maxSendBytes: config.maxSendBytes,
    maxReceiveBytes: config.maxReceiveBytes,
  });
}

const spaceOf = ({ namespace }: GrpcProxyConfig) =>
  namespace === '' ? WHOLE_KEY_SPACE : new Namespace(Buffer.from(namespace));

async function listen(
  config: GrpcProxyConfig,
  parts: GrpcProxyParts,
  client: Client,
  grpc: GrpcServer,
): Promise<readonly ClientPort[]> {
  const { logger } = parts;
  const secure = await listenerSecurity(config, parts);
  const { clusterTls } = config;
  const pages = proxyPages({ client, clusterTls, metrics: parts.metrics, logger });
  const open = (address: ClientPortAddress): Promise<ClientPort> =>
    ClientPort.listen({
      addresses: [address],
      grpc,
      http: createHttpServer(pages),
      sniffTimeoutMs: SNIFF_TIMEOUT_MS,
      logger,
    });
  const main = await open({
    address: config.listen,
    serve: 'all',
    ...(secure !== undefined && { secure }),
  });
  if (config.metrics === undefined) return [main];
  try {
    const { isTls, ...address } = config.metrics;
    const needsTls = isTls && secure !== undefined;
    return [main, await open({ address, serve: 'http', ...(needsTls && { secure }) })];
  } catch (error) {
    await main.close(0);
    throw error;
  }
}

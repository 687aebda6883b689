import type { NameResolver } from '@etcd-ts/bootstrap';
import { lookUpServices } from '@etcd-ts/bootstrap';
import { errorText, parseListenAddress } from '@etcd-ts/daemon';
import type { RunningService } from '@etcd-ts/daemon';
import { normalName } from '@etcd-ts/dns';
import type { Clock, Logger } from '@etcd-ts/foundation';
import { bindService, ClientPort, GrpcServer } from '@etcd-ts/rpc';
import { EtcdError, GrpcStatus, ResolverDefinition } from '@etcd-ts/wire-protocol';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { createHttpFace, jsonReply, textReply } from '../http-face.js';
import type { HttpReply } from '../http-face.js';
import type { ServeOptions } from '../options.js';
import { LookupCache } from './lookup-cache.js';
import { resolveDomain, resolverHandlers } from './resolver-api.js';
import type { ResolverApiParts } from './resolver-api.js';

const GRPC_LIMITS = {
  maxReceiveBytes: 64 * 1024,
  maxConcurrentStreams: 1000,
  keepaliveMinTimeMs: 5000,
  keepaliveIntervalMs: 7_200_000,
  keepaliveTimeoutMs: 20_000,
};
const SNIFF_TIMEOUT_MS = 5000;
const STOP_GRACE_MS = 3000;

export interface ResolverService extends RunningService {
  readonly port: number;
}

/** `etcd-srv serve`: gRPC and HTTP/JSON on one port. */
export async function startResolverService(
  options: ServeOptions,
  { resolver, clock, logger }: { resolver: NameResolver; clock: Clock; logger: Logger },
): Promise<ResolverService> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const cache = new LookupCache({
    lookUp: (domain, suffix) => lookUpServices(resolver, domain, suffix, ['server', 'client']),
    maxTtlMs: options['max-ttl'],
    clock,
  });
  const parts: ResolverApiParts = {
    cache,
    domains: options.domain.map(normalName),
    onLookup: countLookups(registry, cache),
  };
  const handled = new Counter({
    name: 'etcd_srv_grpc_requests_total',
    help: 'gRPC calls by status code.',
    labelNames: ['code'],
    registers: [registry],
  });
  const grpc = new GrpcServer({
    ...GRPC_LIMITS,
    logger,
    observer: {
      method: () => ({
        started: () => undefined,
        handled: (code) => handled.inc({ code: String(code) }),
        messageReceived: () => undefined,
        messageSent: () => undefined,
      }),
    },
  });
  grpc.add(bindService(ResolverDefinition, resolverHandlers(parts)));
  const http = createHttpFace(
    {
      '/v1/resolve': (query) => resolveOverHttp(parts, query),
      '/health': () => textReply(200, 'OK'),
      '/metrics': async () => ({
        status: 200,
        contentType: registry.contentType,
        body: await registry.metrics(),
      }),
    },
    (error) => logger.error('request failed', { error: errorText(error) }),
  );
  const address = parseListenAddress(options.addr);
  const port = await ClientPort.listen({
    addresses: [{ address, serve: 'all' }],
    grpc,
    http,
    sniffTimeoutMs: SNIFF_TIMEOUT_MS,
    logger,
  });
  const [bound] = port.addresses;
  const bindPort = bound !== undefined && 'port' in bound ? bound.port : 0;
  logger.info('SRV resolver is ready', { address: options.addr, port: bindPort });
  const stop = async (): Promise<void> => {
    await Promise.all([port.close(STOP_GRACE_MS), grpc.close(STOP_GRACE_MS)]);
    logger.info('stopped');
  };
  return { port: bindPort, stop };
}

function countLookups(registry: Registry, cache: LookupCache): ResolverApiParts['onLookup'] {
  const registers = [registry];
  const lookups = new Counter({
    name: 'etcd_srv_lookups_total',
    help: 'Lookups by whether the cache had them.',
    labelNames: ['result'],
    registers,
  });
  new Gauge({
    name: 'etcd_srv_cached_domains',
    help: 'Domains in the cache.',
    registers,
    collect() {
      this.set(cache.size);
    },
  });
  return (result) => lookups.inc({ result });
}

const HTTP_STATUS: Readonly<Record<number, number>> = {
  [GrpcStatus.InvalidArgument]: 400,
  [GrpcStatus.PermissionDenied]: 403,
  [GrpcStatus.ResourceExhausted]: 503,
};

async function resolveOverHttp(
  parts: ResolverApiParts,
  query: URLSearchParams,
): Promise<HttpReply> {
  try {
    const suffix = query.get('suffix') ?? '';
    const found = await resolveDomain(parts, query.get('domain') ?? '', suffix);
    return jsonReply(200, { services: found.services, ttlSeconds: found.ttlSeconds });
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    return jsonReply(HTTP_STATUS[error.code] ?? 500, { error: error.message, code: error.code });
  }
}

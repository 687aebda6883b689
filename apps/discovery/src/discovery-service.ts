import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { errorText, formatDuration, parseListenAddress } from '@etcd-ts/daemon';
import type { RunningService } from '@etcd-ts/daemon';
import type { Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import { createDiscoveryApp } from './http/app.js';
import { LongPolls } from './http/long-polls.js';
import { PublicAddress } from './http/public-address.js';
import { RateLimiter } from './http/rate-limiter.js';
import { DiscoveryMetrics } from './metrics.js';
import type { DiscoveryOptions } from './options.js';
import type { TokenStore } from './registry/token-store.js';
import { openStore } from './open-store.js';

/** Connections held at a time: every poll has one, and there are others. */
const SPARE_CONNECTIONS = 1000;
/** A request that is still being answered gets this long when the service stops. */
const STOP_GRACE_MS = 5000;
const IDLE_CHECK_MS = 20;
/**
 * Longer than proxies and clients keep theirs (mostly 60 s): whoever sends a request into a connection
 * that is just being closed here takes that for a failure.
 */
const KEEP_ALIVE_MS = 75_000;

export interface ServiceParts {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** The storage failed in a way that only a new start mends. */
  readonly onFatal: () => void;
}

export interface DiscoveryService extends RunningService {
  readonly port: number;
}

/** The whole service as a value: started when this resolves. */
export async function startDiscoveryService(
  options: DiscoveryOptions,
  parts: ServiceParts,
): Promise<DiscoveryService> {
  const { logger, clock, scheduler } = parts;
  const limits = { total: options['max-polls'], perToken: options['max-polls-per-token'] };
  const polls = new LongPolls(limits, { clock, scheduler });
  const store = openStore(options, parts, (token) => polls.changed(token));
  const metrics = new DiscoveryMetrics({
    polls: () => polls.count,
    tokens: () => store.tokenCount,
  });
  const app = createDiscoveryApp({
    store,
    polls,
    metrics,
    logger,
    address: publicAddress(options),
    limits: {
      newTokens: new RateLimiter(options['new-per-minute'], clock),
      requests: new RateLimiter(options['requests-per-minute'], clock),
      maxSize: options['max-size'],
    },
    ttlMs: options.ttl,
    trustedProxies: options['trusted-proxies'],
  });
  const server = createServer(options, app);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = options['max-polls'] + SPARE_CONNECTIONS;
  let port: number;
  try {
    port = await listen(server, options.addr);
  } catch (error) {
    polls.end();
    await store.close();
    throw error;
  }
  const cancelCollecting = collectRegularly(store, options['collect-interval'], parts);
  logger.info('discovery service is ready', {
    address: options.addr,
    port,
    storage: options.endpoints.length > 0 ? options.endpoints.join(',') : options['data-dir'],
    ttl: formatDuration(options.ttl),
  });
  const stop = async (): Promise<void> => {
    cancelCollecting();
    logger.info('stopping', { 'long-polls': polls.count });
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    polls.end();
    // A connection becomes idle with its last answer, and would then stay for more to come.
    const cancelClosing = scheduler.every(IDLE_CHECK_MS, () => server.closeIdleConnections());
    const cancelGrace = scheduler.after(STOP_GRACE_MS, () => server.closeAllConnections());
    await closed;
    cancelClosing();
    cancelGrace();
    await store.close();
    logger.info('stopped');
  };
  return { port, stop };
}

function publicAddress(options: DiscoveryOptions): PublicAddress {
  const { host, endpoints, 'v3-endpoints': given } = options;
  return new PublicAddress({ host, v3Endpoints: given.length > 0 ? given : endpoints });
}

function createServer(
  options: DiscoveryOptions,
  app: Parameters<typeof createHttpServer>[1],
): Server {
  const certFile = options['cert-file'];
  if (certFile === '') return createHttpServer(app);
  const tls = { cert: readFileSync(certFile), key: readFileSync(options['key-file']) };
  return createHttpsServer(tls, app);
}

function listen(server: Server, address: string): Promise<number> {
  const { host, port } = parseListenAddress(address);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== '' && { host }) }, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function collectRegularly(
  store: TokenStore,
  intervalMs: number,
  { scheduler, logger }: ServiceParts,
): () => void {
  return scheduler.every(intervalMs, () => {
    store.collect().then(
      (tokens) => {
        if (tokens > 0) logger.info('expired tokens removed', { tokens });
      },
      (error: unknown) =>
        logger.warn('failed to remove expired tokens', { error: errorText(error) }),
    );
  });
}

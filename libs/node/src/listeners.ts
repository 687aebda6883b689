import type { Server as HttpServer } from 'node:http';
import type { EndpointUrl, ServerConfig } from '@etcd-ts/config';
import type { Logger } from '@etcd-ts/foundation';
import { ClientPort } from '@etcd-ts/rpc';
import type { ClientPortAddress, ServedProtocols } from '@etcd-ts/rpc';
import type { Socket } from 'node:net';

/** A connection that has not said what it speaks after this time is closed (etcd: header time-out). */
const SNIFF_TIMEOUT_MS = 10_000;

export interface ListenerParts {
  readonly config: ServerConfig;
  readonly grpc: { acceptConnection(socket: Socket): void };
  readonly clientHttp: HttpServer;
  readonly metricsHttp: HttpServer;
  readonly peerHttp: HttpServer;
  readonly logger: Logger;
}

/** The ports a node listens on, each with the URLs it was asked for. */
export interface Listeners {
  readonly client: ClientPort;
  readonly peer: ClientPort;
  readonly metrics: ClientPort;
}

/** Binds everything, or nothing: the first address that cannot be had fails the start. */
export async function bindListeners(parts: ListenerParts): Promise<Listeners> {
  const { config, grpc, clientHttp, metricsHttp, peerHttp, logger } = parts;
  const common = { grpc, sniffTimeoutMs: SNIFF_TIMEOUT_MS, logger };
  const opened: ClientPort[] = [];
  const listen = async (http: HttpServer, addresses: readonly ClientPortAddress[]) => {
    const port = await ClientPort.listen({ ...common, http, addresses });
    opened.push(port);
    return port;
  };
  try {
    logger.info('configuring peer listeners', {
      'listen-peer-urls': textsOf(config.listenPeerUrls),
    });
    const peer = await listen(peerHttp, addressesOf(config.listenPeerUrls, 'http'));
    logger.info('configuring client listeners', {
      'listen-client-urls': textsOf(config.listenClientUrls),
    });
    const client = await listen(clientHttp, clientAddresses(config));
    const metrics = await listen(metricsHttp, addressesOf(config.listenMetricsUrls, 'http'));
    return { client, peer, metrics };
  } catch (error) {
    await Promise.all(opened.map((port) => port.close(0)));
    throw error;
  }
}

function clientAddresses(config: ServerConfig): readonly ClientPortAddress[] {
  const separate = config.listenClientHttpUrls.length > 0;
  return [
    ...addressesOf(config.listenClientUrls, separate ? 'grpc' : 'all'),
    ...addressesOf(config.listenClientHttpUrls, 'http'),
  ];
}

function addressesOf(urls: readonly EndpointUrl[], serve: ServedProtocols): ClientPortAddress[] {
  return urls.map(({ hostname, port, socketPath }) => ({
    address: socketPath === '' ? { host: hostname, port } : { socketPath },
    serve,
  }));
}

const textsOf = (urls: readonly EndpointUrl[]): readonly string[] => urls.map(({ text }) => text);

/** etcd's words for what each URL serves, at the moment it begins to. */
export function logServing(config: ServerConfig, logger: Logger): void {
  const separate = config.listenClientHttpUrls.length > 0;
  const serving = (urls: readonly EndpointUrl[], traffic: string): void => {
    for (const { text } of urls) {
      logger.info('serving client traffic insecurely; this is strongly discouraged!', {
        traffic,
        address: text.replace(/^[a-z]+:\/\//u, ''),
      });
    }
  };
  serving(config.listenClientUrls, separate ? 'grpc' : 'grpc+http');
  serving(config.listenClientHttpUrls, 'http');
}

import type { Server as HttpServer } from 'node:http';
import type { EndpointUrl, ServerConfig } from '@etcd-ts/config';
import type { Logger } from '@etcd-ts/foundation';
import { ClientPort } from '@etcd-ts/rpc';
import type {
  ClientIdentity,
  ClientPortAddress,
  ListenAddress,
  ServedProtocols,
} from '@etcd-ts/rpc';
import type { Socket } from 'node:net';

import { usesTls } from './transport-security.js';
import type { NodeSecurity } from './transport-security.js';

/** A connection that has not said what it speaks after this time is closed (etcd: header time-out). */
const SNIFF_TIMEOUT_MS = 10_000;

export interface ListenerParts {
  readonly config: ServerConfig;
  readonly security: NodeSecurity;
  readonly grpc: { acceptConnection(socket: Socket, client: ClientIdentity): void };
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
  const { config, security, grpc, clientHttp, metricsHttp, peerHttp, logger } = parts;
  const separate = config.listenClientHttpUrls.length > 0;
  const common = { grpc, sniffTimeoutMs: SNIFF_TIMEOUT_MS, logger };
  const opened: ClientPort[] = [];
  const addressesOf = (
    side: 'client' | 'peer',
    urls: readonly EndpointUrl[],
    serve: ServedProtocols,
  ) =>
    urls.map((url) => ({
      address: addressOf(url),
      serve,
      ...security.listenerFor(side, url, serve),
    }));
  const listen = async (http: HttpServer, addresses: readonly ClientPortAddress[]) => {
    const port = await ClientPort.listen({ ...common, http, addresses });
    opened.push(port);
    return port;
  };
  try {
    logger.info('configuring peer listeners', {
      'listen-peer-urls': textsOf(config.listenPeerUrls),
    });
    const peer = await listen(peerHttp, addressesOf('peer', config.listenPeerUrls, 'http'));
    logger.info('configuring client listeners', {
      'listen-client-urls': textsOf(config.listenClientUrls),
    });
    const client = await listen(clientHttp, [
      ...addressesOf('client', config.listenClientUrls, separate ? 'grpc' : 'all'),
      ...addressesOf('client', config.listenClientHttpUrls, 'http'),
    ]);
    const metrics = await listen(
      metricsHttp,
      addressesOf('client', config.listenMetricsUrls, 'http'),
    );
    return { client, peer, metrics };
  } catch (error) {
    await Promise.all(opened.map((port) => port.close(0)));
    throw error;
  }
}

const addressOf = ({ hostname, port, socketPath }: EndpointUrl): ListenAddress =>
  socketPath === '' ? { host: hostname, port } : { socketPath };

const textsOf = (urls: readonly EndpointUrl[]): readonly string[] => urls.map(({ text }) => text);

/** etcd's words for what each URL serves, at the moment it begins to. */
export function logServing(config: ServerConfig, logger: Logger): void {
  const separate = config.listenClientHttpUrls.length > 0;
  const serving = (urls: readonly EndpointUrl[], traffic: string): void => {
    for (const url of urls) {
      const fields = { traffic, address: url.text.replace(/^[a-z]+:\/\//u, '') };
      if (usesTls(url)) logger.info('serving client traffic securely', fields);
      else {
        const message = 'serving client traffic insecurely; this is strongly discouraged!';
        logger.info(message, fields);
      }
    }
  };
  serving(config.listenClientUrls, separate ? 'grpc' : 'grpc+http');
  serving(config.listenClientHttpUrls, 'http');
}

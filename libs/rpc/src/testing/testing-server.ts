import { SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Server as HttpServer, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { GrpcServer } from '../transport/grpc-server.js';
import type { GrpcServerOptions } from '../transport/grpc-server.js';
import { GrpcJsServer } from './grpc-js/grpc-js-server.js';
import type { ServedProtocols } from '../port/client-port.js';
import { ClientPort } from '../port/client-port.js';
import type { BoundService } from '../service/bound-service.js';
import { NO_OBSERVER } from '../service/observer.js';

/** The implementations of the contract, which the same specs run against. */
export const TRANSPORTS = ['GrpcServer', 'GrpcJsServer'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface TestingServerOptions {
  readonly transport?: Transport;
  readonly services?: readonly BoundService[];
  readonly grpc?: Partial<GrpcServerOptions>;
  readonly serve?: ServedProtocols;
  readonly sniffTimeoutMs?: number;
  /** Instead of the echo. */
  readonly onRequest?: RequestListener;
}

/** For specs: a client port on the loopback; its HTTP/1 side echoes the request. */
export interface TestingServer {
  readonly grpc: GrpcServer | GrpcJsServer;
  readonly http: HttpServer;
  readonly clientPort: ClientPort;
  readonly port: number;
  /** "127.0.0.1:port" */
  readonly address: string;
  close(): Promise<void>;
}

export async function startTestingServer(
  options: TestingServerOptions = {},
): Promise<TestingServer> {
  const Server = options.transport === 'GrpcJsServer' ? GrpcJsServer : GrpcServer;
  const grpc = new Server({
    maxReceiveBytes: 64 * 1024,
    maxConcurrentStreams: 2 ** 32 - 1,
    keepaliveMinTimeMs: 5_000,
    keepaliveIntervalMs: 7_200_000,
    keepaliveTimeoutMs: 20_000,
    observer: NO_OBSERVER,
    logger: SILENT_LOGGER,
    ...options.grpc,
  });
  for (const service of options.services ?? []) grpc.add(service);
  const http = createServer({ connectionsCheckingInterval: 50 }, options.onRequest ?? echo);
  const clientPort = await ClientPort.listen({
    addresses: [{ address: { host: 'localhost', port: 0 }, serve: options.serve ?? 'all' }],
    grpc,
    http,
    sniffTimeoutMs: options.sniffTimeoutMs ?? 10_000,
    logger: SILENT_LOGGER,
  });
  const [bound] = clientPort.addresses;
  const port = bound !== undefined && 'port' in bound ? bound.port : 0;
  const close = async (): Promise<void> => {
    await Promise.all([clientPort.close(0), grpc.close(0)]);
  };
  return { grpc, http, clientPort, port, address: `127.0.0.1:${port}`, close };
}

const echo: RequestListener = (request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  request.on('end', () => response.end(`${request.method} ${request.url} ${body}`));
};

import type {
  IncomingMessage,
  RequestListener,
  Server as HttpServer,
  ServerResponse,
} from 'node:http';
import type { ServerConfig } from '@etcd-ts/config';
import { GRPC_OVERHEAD_BYTES, hexId } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import {
  clientListener,
  createHttpServer,
  JsonGateway,
  metricsListener,
  peerListener,
  upgradeListener,
} from '@etcd-ts/http-gateway';
import type { UpgradeListener } from '@etcd-ts/http-gateway';
import { encodeMembers } from '@etcd-ts/membership';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { BoundService } from '@etcd-ts/rpc';
import type { Member } from '@etcd-ts/server';

import { grpcObserver } from './grpc-observer.js';
import { healthObserver, nodeStatus } from './node-status.js';
import type { PeerLink } from './peer-link.js';
import { v2Handler } from './v2-handler.js';
import { peerOperations } from './peer-operations.js';

interface Listeners {
  readonly client: RequestListener;
  readonly metrics: RequestListener;
  readonly clientUpgrade: UpgradeListener;
}

/**
 * The HTTP servers of a node. They exist before the member does, so that their ports can be bound
 * first. A client's request that comes too early waits until there is somebody to answer it; another
 * member's does not, or members that start together would all wait for each other.
 */
export class HttpFaces {
  #provide: (listeners: Listeners) => void = () => undefined;
  readonly #provided = new Promise<Listeners>((resolve) => (this.#provide = resolve));
  #peer: RequestListener | undefined;
  readonly servers: {
    readonly clientHttp: HttpServer;
    readonly metricsHttp: HttpServer;
    readonly peerHttp: HttpServer;
  };

  constructor(peers: PeerLink) {
    const face = (name: 'client' | 'metrics'): HttpServer =>
      createHttpServer((request, response) => {
        void this.#provided.then((listeners) => listeners[name](request, response));
      });
    this.servers = {
      clientHttp: face('client'),
      metricsHttp: face('metrics'),
      peerHttp: createHttpServer(
        (request, response) => {
          if (peers.serve(request, response)) return;
          if (this.#peer !== undefined) this.#peer(request, response);
          else refuseEarly(request, response);
        },
        // A snapshot may take long to come; the transport watches for silence itself.
        { requestTimeoutMs: 0 },
      ),
    };
    this.servers.clientHttp.on('upgrade', (request, socket, head) => {
      // The server's own handler has let it go, and the client may not wait as long.
      socket.on('error', () => undefined);
      void this.#provided.then(({ clientUpgrade }) => clientUpgrade(request, socket, head));
    });
  }

  /** `stopping` gives up what nobody will be told any more. */
  open(
    config: ServerConfig,
    member: Member,
    metrics: EtcdMetrics,
    logger: Logger,
    stopping: AbortSignal,
    services: readonly BoundService[],
  ): void {
    const node = nodeStatus(member, metrics);
    const face = { node, logger, observer: healthObserver(metrics) };
    const { facts, cluster } = member.server;
    this.#peer = peerListener({
      node,
      logger,
      operations: peerOperations(member.server),
      clusterId: () => hexId(facts.header().clusterId),
      members: () => encodeMembers(cluster.knownMembers()),
    });
    const access = {
      corsOrigins: config.cors,
      hostWhitelist: config.hostWhitelist,
      asksForUsers: () => config.enableGrpcGateway && facts.authEnabled(),
    };
    const gateway = config.enableGrpcGateway
      ? new JsonGateway({
          services,
          maxMessageBytes: config.maxRequestBytes + GRPC_OVERHEAD_BYTES,
          observer: grpcObserver(metrics),
          logger,
        })
      : undefined;
    this.#provide({
      client: clientListener(face, access, [
        ...(gateway === undefined ? [] : [gateway]),
        ...(config.enableV2 ? [v2Handler(member, logger, stopping)] : []),
      ]),
      clientUpgrade: upgradeListener(
        this.servers.clientHttp,
        access,
        (request, socket, head) => gateway?.upgrade(request, socket, head) ?? false,
      ),
      metrics: metricsListener(face),
    });
  }
}

/** The sender, a member like this one, asks again in a moment. */
function refuseEarly(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(503, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end('etcdserver: not ready\n');
}

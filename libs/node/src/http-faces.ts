import type { RequestListener, Server as HttpServer } from 'node:http';
import type { ServerConfig } from '@etcd-ts/config';
import { hexId } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import {
  clientListener,
  createHttpServer,
  metricsListener,
  peerListener,
} from '@etcd-ts/http-gateway';
import { encodeMember } from '@etcd-ts/membership';
import type { EtcdMetrics } from '@etcd-ts/observability';
import type { Member } from '@etcd-ts/server';

import { healthObserver, nodeStatus } from './node-status.js';

interface Listeners {
  readonly client: RequestListener;
  readonly metrics: RequestListener;
  readonly peer: RequestListener;
}

/**
 * The HTTP servers of a node. They exist before the member does, so that their ports can be bound
 * first; a request that comes too early waits until there is somebody to answer it.
 */
export class HttpFaces {
  #provide: (listeners: Listeners) => void = () => undefined;
  readonly #provided = new Promise<Listeners>((resolve) => (this.#provide = resolve));
  readonly servers: {
    readonly clientHttp: HttpServer;
    readonly metricsHttp: HttpServer;
    readonly peerHttp: HttpServer;
  };

  constructor() {
    const face = (name: keyof Listeners): HttpServer =>
      createHttpServer((request, response) => {
        void this.#provided.then((listeners) => listeners[name](request, response));
      });
    this.servers = {
      clientHttp: face('client'),
      metricsHttp: face('metrics'),
      peerHttp: face('peer'),
    };
  }

  open(config: ServerConfig, member: Member, metrics: EtcdMetrics, logger: Logger): void {
    const node = nodeStatus(member, metrics);
    const face = { node, logger, observer: healthObserver(metrics) };
    const { facts, cluster } = member.server;
    this.#provide({
      client: clientListener(face, {
        corsOrigins: config.cors,
        hostWhitelist: config.hostWhitelist,
      }),
      metrics: metricsListener(face),
      peer: peerListener({
        node,
        logger,
        clusterId: () => hexId(facts.header().clusterId),
        members: () => `[${cluster.knownMembers().map(encodeMember).join(',')}]`,
      }),
    });
  }
}

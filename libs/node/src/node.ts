import { randomInt } from 'node:crypto';
import type { ServerConfig } from '@etcd-ts/config';
import { GRPC_OVERHEAD_BYTES, SeededRng } from '@etcd-ts/foundation';
import type { Clock, Logger, Rng, Scheduler } from '@etcd-ts/foundation';
import { ETCD_METHODS, etcdServices } from '@etcd-ts/grpc-api';
import { createMetrics } from '@etcd-ts/observability';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { GrpcServer } from '@etcd-ts/rpc';
import type { ListenAddress } from '@etcd-ts/rpc';
import {
  openMember,
  requestTimeoutMs,
  SERVER_VERSION,
  SYSTEM_CLOCK,
  SYSTEM_SCHEDULER,
} from '@etcd-ts/server';
import type { EtcdServer, Member } from '@etcd-ts/server';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { ConnectionGate } from './connection-gate.js';
import { withDiscoveredCluster } from './discovery.js';
import { grpcObserver } from './grpc-observer.js';
import { HttpFaces } from './http-faces.js';
import { bindListeners, logServing } from './listeners.js';
import type { Listeners } from './listeners.js';
import { PeerLink } from './peer-link.js';
import { NodeSecurity } from './transport-security.js';

const MAX_SEED = 2 ** 32;
/** For other members' requests under way when this one has stopped (etcd). */
const PEER_GRACE_MS = 1_000;

/** The world, as arguments; what is left out is the machine's own. */
export interface NodeParts {
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly scheduler?: Scheduler;
  readonly rng?: Rng;
  /** Ends the start while it waits for other members to be found; a running node has `stop`. */
  readonly signal?: AbortSignal;
}

/** A running etcd node. Several live in one process, each with its own directory and ports. */
export interface Node {
  /** For requests from within this process, without a network in between. */
  readonly server: EtcdServer;
  readonly metrics: EtcdMetrics;
  /** Where clients connect, in the order of the configured URLs; the way to learn a port of 0. */
  readonly clientAddresses: readonly ListenAddress[];
  /** Resolves when requests can be served; rejects if the node stops before. */
  readonly ready: Promise<void>;
  /** Resolves when the node has stopped: with the reason, or undefined after `stop`. */
  readonly stopped: Promise<Error | undefined>;
  /** Ends streams, lets running requests finish, then makes everything durable and closes. */
  stop(): Promise<void>;
}

/** Rejects when an address cannot be bound, or the data directory or files of TLS cannot be used. */
export async function startNode(config: ServerConfig, parts: NodeParts): Promise<Node> {
  const { clock = SYSTEM_CLOCK, logger } = parts;
  const security = await NodeSecurity.open(config, { clock, logger: logger.named('node/tls') });
  const running = new RunningNode(config, parts, security);
  await running.start();
  return running;
}

class RunningNode implements Node {
  readonly #config: ServerConfig;
  readonly #security: NodeSecurity;
  readonly #parts: Required<Omit<NodeParts, 'signal'>> & Pick<NodeParts, 'signal'>;
  readonly metrics: EtcdMetrics;
  readonly #grpc: GrpcServer;
  readonly #gate: ConnectionGate;
  readonly #peers: PeerLink;
  readonly #http: HttpFaces;
  /** Aborts when the node stops, which ends every stream. */
  readonly #stopping = new AbortController();
  #member: Member | undefined;
  #listeners: Listeners | undefined;
  #closing: Promise<Error | undefined> | undefined;
  #reportStopped: (failure: Error | undefined) => void = () => undefined;
  readonly stopped: Promise<Error | undefined>;

  constructor(config: ServerConfig, parts: NodeParts, security: NodeSecurity) {
    this.#config = config;
    this.#security = security;
    this.#parts = {
      clock: SYSTEM_CLOCK,
      scheduler: SYSTEM_SCHEDULER,
      rng: new SeededRng(randomInt(MAX_SEED)),
      ...parts,
    };
    this.metrics = createMetrics({
      serverVersion: SERVER_VERSION,
      mode: config.metrics,
      grpcMethods: ETCD_METHODS,
    });
    for (const { name, stage, isOn } of config.features) {
      this.metrics.server.featureEnabled.with(name, stage).set(isOn ? 1 : 0);
    }
    this.#grpc = new GrpcServer({
      maxReceiveBytes: config.maxRequestBytes + GRPC_OVERHEAD_BYTES,
      maxConcurrentStreams: config.maxConcurrentStreams,
      keepaliveMinTimeMs: config.grpcKeepaliveMinTimeMs,
      keepaliveIntervalMs: config.grpcKeepaliveIntervalMs,
      keepaliveTimeoutMs: config.grpcKeepaliveTimeoutMs,
      observer: grpcObserver(this.metrics),
      logger: this.#parts.logger.named('node/grpc'),
    });
    this.#peers = new PeerLink({
      ...this.#parts,
      config,
      logger: this.#parts.logger.named('node/peers'),
      metrics: this.metrics.network,
      tls: security.peerConnection,
    });
    this.#http = new HttpFaces(this.#peers);
    this.#gate = new ConnectionGate((socket, client) =>
      this.#grpc.acceptConnection(socket, client),
    );
    this.stopped = new Promise((resolve) => (this.#reportStopped = resolve));
  }

  get server(): EtcdServer {
    return this.#running.server;
  }

  get clientAddresses(): readonly ListenAddress[] {
    return this.#listeners?.client.addresses ?? [];
  }

  get ready(): Promise<void> {
    return this.#running.ready;
  }

  get #running(): Member {
    if (this.#member === undefined) throw ERRORS.Stopped.error();
    return this.#member;
  }

  async start(): Promise<void> {
    try {
      // Before anything is written: an address in use must leave the data directory as it was.
      this.#listeners = await bindListeners({
        config: this.#config,
        security: this.#security,
        grpc: this.#gate,
        ...this.#http.servers,
        logger: this.#parts.logger.named('node/listeners'),
      });
      const config = await withDiscoveredCluster(this.#config, {
        scheduler: this.#parts.scheduler,
        logger: this.#parts.logger.named('node/discovery'),
        signal: this.#parts.signal ?? this.#stopping.signal,
      });
      this.#member = await openMember({
        ...this.#parts,
        config,
        metrics: this.metrics,
        peers: this.#peers,
      });
    } catch (error) {
      await this.#closeClientFaces(0);
      await this.#listeners?.peer.close(0);
      this.metrics.close();
      throw error;
    }
    this.#serve(this.#member);
  }

  async stop(): Promise<void> {
    await this.#close();
  }

  #serve(member: Member): void {
    const { logger } = this.#parts;
    const services = etcdServices({
      ...this.#parts,
      server: member.server,
      metrics: this.metrics,
      logger: logger.named('grpc-api'),
      warningDurationMs: this.#config.warningUnaryRequestDurationMs,
      stopping: this.#stopping.signal,
    });
    for (const service of services) this.#grpc.add(service);
    const { signal } = this.#stopping;
    const httpLogger = logger.named('http-gateway');
    this.#http.open(this.#config, member, this.metrics, httpLogger, signal, services);
    member.ready.then(
      () => {
        this.#gate.open();
        logger.info('ready to serve client requests');
        logServing(this.#config, logger.named('node/listeners'));
      },
      // `stopped` has the reason.
      () => this.#gate.refuse(),
    );
    // A member that fails takes its faces down with it: nobody may go on asking. What goes wrong
    // while closing is reported by `stopped`.
    member.stopped.then(() => this.#close()).catch(() => undefined);
  }

  /** The reason, if the member had failed before. */
  #close(): Promise<Error | undefined> {
    if (this.#closing === undefined) {
      this.#closing = this.#closeAll();
      this.#closing.then(this.#reportStopped, this.#reportStopped);
    }
    return this.#closing;
  }

  async #closeAll(): Promise<Error | undefined> {
    try {
      await this.#closeClientFaces(requestTimeoutMs(this.#config));
      // Over the peer port, which so stays open: a leader hands over before it goes, and the streams
      // of the others end with its own side of them. Before that they would only use up the grace.
      await this.#running.stop();
    } finally {
      await this.#listeners?.peer.close(PEER_GRACE_MS);
      this.metrics.close();
    }
    return this.#running.stopped;
  }

  /** Streams end now; other requests under way get the grace time for their answer. */
  async #closeClientFaces(graceMs: number): Promise<void> {
    this.#stopping.abort(ERRORS.Stopped.error());
    this.#gate.refuse();
    await Promise.all([
      this.#grpc.close(graceMs),
      this.#listeners?.client.close(graceMs),
      this.#listeners?.metrics.close(graceMs),
    ]);
  }
}

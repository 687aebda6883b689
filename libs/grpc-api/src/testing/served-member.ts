import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '@etcd-ts/config';
import { SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import { createMetrics } from '@etcd-ts/observability';
import type { EtcdMetrics } from '@etcd-ts/observability';
import { Connection, GrpcServer } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import { LONE_PEERS, openMember, SYSTEM_CLOCK, SYSTEM_SCHEDULER } from '@etcd-ts/server';
import type { Member } from '@etcd-ts/server';

import { ETCD_METHODS, etcdServices } from '../services.js';

const ignore = (): void => undefined;
const UNCOUNTED = {
  started: ignore,
  handled: ignore,
  messageReceived: ignore,
  messageSent: ignore,
};

/** The services over a real member with a real disk, behind grpc-js, and a client's connection. */
export class ServedMember {
  readonly member: Member;
  /** To be called without a network in between. */
  readonly services: readonly BoundService[];
  readonly connection: Connection;
  readonly #dataDir: string;
  readonly #metrics: EtcdMetrics;
  readonly #grpc: GrpcServer;
  readonly #listener: Server;
  readonly #stopping: AbortController;

  static async start(flags: readonly string[] = []): Promise<ServedMember> {
    const dataDir = mkdtempSync(join(tmpdir(), 'etcd-ts-grpc-api-'));
    const metrics = createMetrics({
      serverVersion: '0',
      mode: 'basic',
      grpcMethods: ETCD_METHODS,
    });
    const world = {
      clock: SYSTEM_CLOCK,
      scheduler: SYSTEM_SCHEDULER,
      rng: new SeededRng(1),
      logger: SILENT_LOGGER,
      metrics,
    };
    const member = await openMember({
      ...world,
      config: configOf(dataDir, flags),
      peers: LONE_PEERS,
    });
    await member.ready;
    const grpc = new GrpcServer({
      maxReceiveBytes: 2 * 1024 * 1024,
      maxConcurrentStreams: 2 ** 32 - 1,
      keepaliveMinTimeMs: 5_000,
      keepaliveIntervalMs: 7_200_000,
      keepaliveTimeoutMs: 20_000,
      observer: { method: () => UNCOUNTED },
      logger: SILENT_LOGGER,
    });
    const stopping = new AbortController();
    const parts = { ...world, server: member.server, warningDurationMs: 0 };
    const services = etcdServices({ ...parts, stopping: stopping.signal });
    for (const service of services) grpc.add(service);
    const listener = createServer((socket) => grpc.acceptConnection(socket));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return new ServedMember(member, services, dataDir, metrics, grpc, listener, stopping);
  }

  private constructor(
    member: Member,
    services: readonly BoundService[],
    dataDir: string,
    metrics: EtcdMetrics,
    grpc: GrpcServer,
    listener: Server,
    stopping: AbortController,
  ) {
    this.member = member;
    this.services = services;
    this.#dataDir = dataDir;
    this.#metrics = metrics;
    this.#grpc = grpc;
    this.#listener = listener;
    this.#stopping = stopping;
    this.connection = new Connection(this.address);
  }

  get address(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  async dispose(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    this.connection.close();
    this.#listener.close();
    await this.#grpc.close(1000);
    await this.member.stop();
    this.#metrics.close();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

function configOf(dataDir: string, flags: readonly string[]) {
  const outcome = parseConfiguration({
    argv: ['--data-dir', dataDir, ...flags],
    env: {},
    readFile: () => '',
    build: { apiVersion: '0', version: '0', commit: '', nodeVersion: '', os: '', arch: '' },
    defaultHost: undefined,
  });
  if (outcome.kind !== 'run') throw new Error(JSON.stringify(outcome));
  return outcome.config;
}

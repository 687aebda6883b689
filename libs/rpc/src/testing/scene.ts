import { SILENT_LOGGER } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import { FrameReader, GREETING } from '../http2/testing/raw-frames.js';
import type { BoundService } from '../service/bound-service.js';
import { NO_OBSERVER } from '../service/observer.js';
import { GrpcServer } from '../transport/grpc-server.js';
import { ManualSocket, turns } from './manual-socket.js';

/** For specs: a server with one connection whose other end the spec is. */
export class Scene {
  readonly time = new ManualTime();
  readonly socket = new ManualSocket();
  readonly server: GrpcServer;
  readonly #frames = new FrameReader();

  constructor(service: BoundService, maxReceiveBytes = 2 ** 21) {
    this.server = new GrpcServer({
      maxReceiveBytes,
      maxConcurrentStreams: 2 ** 32 - 1,
      keepaliveMinTimeMs: 5_000,
      keepaliveIntervalMs: 60_000,
      keepaliveTimeoutMs: 20_000,
      observer: NO_OBSERVER,
      logger: SILENT_LOGGER,
      clock: this.time,
      scheduler: this.time,
    });
    this.server.add(service);
    this.server.acceptConnection(this.socket);
  }

  /** What the client says, and what it hears, as lines. */
  async exchange(...bytes: readonly Buffer[]): Promise<readonly string[]> {
    if (bytes.length > 0) this.socket.say(...bytes);
    await turns();
    return this.heard();
  }

  heard(): readonly string[] {
    return this.socket.taken.splice(0).flatMap((chunk) => this.#frames.describe(chunk));
  }

  async greeted(): Promise<this> {
    await this.exchange(GREETING);
    return this;
  }
}

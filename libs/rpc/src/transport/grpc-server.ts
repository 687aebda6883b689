import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import type { Duplex } from 'node:stream';
import { SegmentPool } from '../http2/output-buffer.js';
import type { BoundService } from '../service/bound-service.js';
import type { ServerObserver } from '../service/observer.js';
import { DeadlineQueue } from './deadline-queue.js';
import { FlushRound } from './flush-round.js';
import { GrpcConnection } from './grpc-connection.js';
import type { AcceptedClient, ConnectionParts } from './grpc-connection.js';
import { ServedMethods } from './served-methods.js';
import { SYSTEM_CLOCK, SYSTEM_SCHEDULER } from './system-time.js';

export interface GrpcServerOptions {
  /** Of one message; a larger one ends its call with ResourceExhausted. */
  readonly maxReceiveBytes: number;
  /** Per connection. etcd's default is no limit: 2^32 - 1. */
  readonly maxConcurrentStreams: number;
  /** A client that pings more often than this is sent away. */
  readonly keepaliveMinTimeMs: number;
  /** A ping after so long without traffic; no answer within the timeout ends the connection. */
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly observer: ServerObserver;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly scheduler?: Scheduler;
}

/** Connections are looked at so often, or more often if their time-outs are short. */
const CHECK_INTERVAL_MS = 1_000;
const CHECKS_PER_TIMEOUT = 8;
/** How long a client may take to answer the ping between the two GOAWAYs. */
const DRAIN_PING_TIMEOUT_MS = 1_000;

/** gRPC over HTTP/2 for connections that somebody else accepts: TCP, TLS or unix sockets. */
export class GrpcServer {
  readonly #methods: ServedMethods;
  readonly #scheduler: Scheduler;
  readonly #parts: ConnectionParts;
  readonly #deadlines: DeadlineQueue;
  readonly #connections = new Set<GrpcConnection>();
  readonly #cancelChecks: CancelTimer;
  #closing: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(options: GrpcServerOptions) {
    const { clock = SYSTEM_CLOCK, scheduler = SYSTEM_SCHEDULER } = options;
    this.#scheduler = scheduler;
    this.#methods = new ServedMethods(options.observer);
    this.#deadlines = new DeadlineQueue(clock, scheduler);
    this.#parts = {
      ...options,
      clock,
      methods: this.#methods,
      deadlines: this.#deadlines,
      flushes: new FlushRound(),
      segments: new SegmentPool(),
      closed: (connection) => this.#forget(connection),
    };
    const { keepaliveIntervalMs, keepaliveTimeoutMs } = options;
    const shortest = Math.min(keepaliveIntervalMs, keepaliveTimeoutMs) / CHECKS_PER_TIMEOUT;
    this.#cancelChecks = scheduler.every(Math.min(CHECK_INTERVAL_MS, shortest), () => {
      const nowMs = clock.monotonicMs();
      for (const connection of this.#connections) connection.check(nowMs);
    });
  }

  /** Also while connections are open. */
  add(service: BoundService): void {
    this.#methods.add(service);
  }

  /** Takes the socket over, whose unread bytes may have been put back. */
  acceptConnection(socket: Duplex, client: AcceptedClient = {}): void {
    if (this.#closing !== undefined) socket.destroy();
    else this.#connections.add(new GrpcConnection(socket, this.#parts, client));
  }

  /**
   * Tells clients to go, lets running calls end, and cancels those that have not after the grace
   * time. Streams that live until their client ends them (watches) must be ended by their handlers.
   */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#drain(graceMs);
    return this.#closing;
  }

  async #drain(graceMs: number): Promise<void> {
    const each = (act: (connection: GrpcConnection) => void) => (): void => {
      for (const connection of [...this.#connections]) act(connection);
    };
    const emptied = new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    each((connection) => connection.drain())();
    const timers = [
      this.#scheduler.after(
        Math.min(graceMs, DRAIN_PING_TIMEOUT_MS),
        each((connection) => connection.finishDrain()),
      ),
      this.#scheduler.after(
        graceMs,
        each((connection) => connection.destroy()),
      ),
    ];
    if (this.#connections.size === 0) this.#whenEmpty?.();
    await emptied;
    for (const cancel of timers) cancel();
    this.#cancelChecks();
    this.#deadlines.stop();
  }

  #forget(connection: GrpcConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }
}

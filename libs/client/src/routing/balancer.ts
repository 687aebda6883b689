import { must } from '@etcd-ts/foundation';
import { EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import { ConnectionError, deadlineExceeded } from '../transport/call-failure.js';
import type { ConnectionOptions } from '../transport/connection.js';
import { Connection } from '../transport/connection.js';
import type { Endpoint } from '../transport/endpoint.js';
import { sleep } from './sleep.js';

export type Balance =
  /** One member at a time; another one when it fails. */
  | 'pinned'
  /** Each call at the next member. */
  | 'round-robin';

/** A connection that is made, or not. `endpoint` as its user wrote it. */
export type Dial =
  | { readonly kind: 'begun' | 'connected'; readonly endpoint: string }
  | { readonly kind: 'failed'; readonly endpoint: string; readonly error: Error };

export interface RouteOptions extends ConnectionOptions {
  readonly onDial: ((dial: Dial) => void) | undefined;
}

export interface Patience {
  /** By this process's monotonic clock; undefined: wait as long as it takes. */
  readonly deadlineMs: number | undefined;
  /** By the same clock; after it who cannot be reached is given up, with what the last dial said. */
  readonly reachByMs?: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** After a failed dial, an endpoint rests: doubled each time, between these. */
const MIN_REST_MS = 100;
const MAX_REST_MS = 3_000;

/** One member and the connection to it, made when it is first needed and again when lost. */
export class Route {
  readonly endpoint: Endpoint;
  readonly #options: RouteOptions;
  #connection: Connection | undefined;
  #dialing: Promise<Connection> | undefined;
  #restMs = 0;
  #restUntilMs = 0;
  #isClosed = false;

  constructor(endpoint: Endpoint, options: RouteOptions) {
    this.endpoint = endpoint;
    this.#options = options;
  }

  get restUntilMs(): number {
    return this.#restUntilMs;
  }

  /** Several callers share one dial. Rejects with the ConnectionError of the dial. */
  async connect(): Promise<Connection> {
    if (this.#connection !== undefined && !this.#connection.isRetired) return this.#connection;
    this.#dialing ??= this.#dial().finally(() => {
      this.#dialing = undefined;
    });
    return this.#dialing;
  }

  /** After a call on it had no answer: the others first. */
  rest(): void {
    this.#restMs = Math.min(Math.max(this.#restMs * 2, MIN_REST_MS), MAX_REST_MS);
    this.#restUntilMs = performance.now() + this.#restMs;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #dial(): Promise<Connection> {
    const endpoint = this.endpoint.text;
    const { onDial } = this.#options;
    onDial?.({ kind: 'begun', endpoint });
    try {
      const connection = await Connection.open(this.endpoint, this.#options);
      if (this.#isClosed) {
        connection.close();
        throw closedError();
      }
      this.#connection = connection;
      this.#restMs = 0;
      this.#restUntilMs = 0;
      onDial?.({ kind: 'connected', endpoint });
      return connection;
    } catch (error) {
      this.rest();
      if (error instanceof Error) onDial?.({ kind: 'failed', endpoint, error });
      throw error;
    }
  }
}

/** Chooses the member for each call: one that answers, as long as there is one. */
export class Balancer {
  readonly #balance: Balance;
  readonly #options: RouteOptions;
  readonly #close = new AbortController();
  #routes: Route[] = [];
  #next = 0;

  constructor(endpoints: readonly Endpoint[], balance: Balance, options: RouteOptions) {
    this.#balance = balance;
    this.#options = options;
    this.setEndpoints(endpoints);
  }

  get endpoints(): readonly Endpoint[] {
    return this.#routes.map(({ endpoint }) => endpoint);
  }

  /** Connections to members that stay are kept. */
  setEndpoints(endpoints: readonly Endpoint[]): void {
    const before = this.#routes;
    this.#routes = endpoints.map(
      (endpoint) =>
        before.find((route) => route.endpoint.text === endpoint.text) ??
        new Route(endpoint, this.#options),
    );
    this.#next = 0;
    for (const route of before) if (!this.#routes.includes(route)) route.close();
  }

  /**
   * A route that is connected. While no member can be reached it goes on trying till the deadline,
   * whose error then says what the last dial said.
   */
  async pick(patience: Patience): Promise<{ route: Route; connection: Connection }> {
    const { signal } = patience;
    const untilMs = Math.min(patience.deadlineMs ?? Infinity, patience.reachByMs ?? Infinity);
    let lastError: unknown;
    for (;;) {
      for (const route of this.#candidates()) {
        this.#throwIfOver(patience, lastError);
        try {
          const dial = await withPatience(route.connect(), untilMs, signal);
          if (dial === 'too late') throw tooLate(patience, lastError);
          this.#settleOn(route);
          return { route, connection: dial };
        } catch (error) {
          if (!(error instanceof EtcdError) || error.code !== GrpcStatus.Unavailable) throw error;
          lastError = error;
        }
      }
      this.#throwIfOver(patience, lastError);
      await sleep(this.#restLeftMs(untilMs), [signal, this.#close.signal]);
    }
  }

  /** The call on this route failed through no fault of the request. */
  avoid(route: Route): void {
    // With nobody else to ask, waiting helps nobody; a dial that fails makes it rest anyway.
    if (this.#routes.length === 1) return;
    route.rest();
    const index = this.#routes.indexOf(route);
    if (index === this.#next) this.#next = (index + 1) % this.#routes.length;
  }

  close(): void {
    this.#close.abort(closedError());
    for (const route of this.#routes) route.close();
  }

  #throwIfOver(patience: Patience, lastError: unknown): void {
    this.#close.signal.throwIfAborted();
    patience.signal?.throwIfAborted();
    const { deadlineMs = Infinity, reachByMs = Infinity } = patience;
    if (performance.now() >= Math.min(deadlineMs, reachByMs)) throw tooLate(patience, lastError);
  }

  #settleOn(route: Route): void {
    const index = this.#routes.indexOf(route);
    if (index < 0) return;
    this.#next = this.#balance === 'pinned' ? index : (index + 1) % this.#routes.length;
  }

  /** From the preferred one on, without those that rest. */
  #candidates(): readonly Route[] {
    const nowMs = performance.now();
    const inOrder = this.#routes.map((_, i) =>
      must(this.#routes[(this.#next + i) % this.#routes.length], 'within the routes'),
    );
    const rested = inOrder.filter((route) => route.restUntilMs <= nowMs);
    return rested;
  }

  #restLeftMs(untilMs: number): number {
    const until = Math.min(...this.#routes.map((route) => route.restUntilMs));
    return Math.max(1, Math.min(until, untilMs) - performance.now());
  }
}

function closedError(): EtcdError {
  return new EtcdError({ code: GrpcStatus.Canceled, message: 'the client is closed' });
}

/** What a user needs to know is why nobody could be reached, not only that time is up. */
function tooLate({ deadlineMs, reachByMs = Infinity }: Patience, lastError: unknown): EtcdError {
  if (reachByMs < (deadlineMs ?? Infinity)) {
    if (lastError instanceof EtcdError) return lastError;
    return new ConnectionError('no member could be reached in time', false);
  }
  const error = deadlineExceeded();
  if (lastError instanceof Error) error.cause = lastError;
  return error;
}

async function withPatience(
  connecting: Promise<Connection>,
  untilMs: number,
  signal: AbortSignal | undefined,
): Promise<Connection | 'too late'> {
  if (untilMs === Infinity && signal === undefined) return connecting;
  const over = new AbortController();
  // Whoever loses the race still settles: nobody else may be listening.
  connecting.catch(() => undefined);
  try {
    const waits = [connecting];
    const leftMs = untilMs === Infinity ? undefined : untilMs - performance.now();
    const tooLate = sleep(leftMs, [signal, over.signal]).then(() => 'too late' as const);
    tooLate.catch(() => undefined);
    return await Promise.race([...waits, tooLate]);
  } finally {
    over.abort();
  }
}

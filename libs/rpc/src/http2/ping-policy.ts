export interface PingPolicyOptions {
  /** A client may ping so often while it has streams (etcd: --grpc-keepalive-min-time). */
  readonly minTimeMs: number;
}

/** How often it may without any stream: as grpc-go, which calls that a connection nobody needs. */
const MIN_TIME_WITHOUT_STREAMS_MS = 2 * 60 * 60 * 1000;
/** So many pings too early are forgiven, as in grpc-go. */
const MAX_STRIKES = 2;

/**
 * grpc-go's keep-alive enforcement. Whatever we send forgives all: clients measure the bandwidth of
 * a connection with pings while they receive.
 */
export class PingPolicy {
  readonly #minTimeMs: number;
  #lastPingMs = Number.NEGATIVE_INFINITY;
  #strikes = 0;
  /** We have sent HEADERS or DATA since the last ping. */
  answered = false;

  constructor({ minTimeMs }: PingPolicyOptions) {
    this.#minTimeMs = minTimeMs;
  }

  /** False when the client pings too often, and is to be sent away. */
  allows(nowMs: number, streams: number): boolean {
    const minTimeMs = streams === 0 ? MIN_TIME_WITHOUT_STREAMS_MS : this.#minTimeMs;
    const early = nowMs < this.#lastPingMs + minTimeMs;
    this.#lastPingMs = nowMs;
    if (this.answered) {
      this.answered = false;
      this.#strikes = 0;
      return true;
    }
    if (early) this.#strikes++;
    return this.#strikes <= MAX_STRIKES;
  }
}

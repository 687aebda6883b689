export interface ConnectionWatchOptions {
  /** --grpc-keepalive-interval: a ping after so long without a word. */
  readonly keepaliveIntervalMs: number;
  /** --grpc-keepalive-timeout: no answer to it, or no progress of a write. */
  readonly keepaliveTimeoutMs: number;
}

/** 'ping': send one now. Other than 'well': close, and why. */
export type Verdict = 'well' | 'ping' | 'no preface' | 'no answer to a ping' | 'does not read';

/** grpc-go's time for a new connection to say what HTTP/2 begins with. */
const PREFACE_TIMEOUT_MS = 120_000;

/** What a line must carry at least, in bytes a millisecond; only stalled clients are slower. */
const SLOWEST_BYTES_PER_MS = 4;

/** Whether the other side of a connection is still there. */
export class ConnectionWatch {
  readonly #options: ConnectionWatchOptions;
  readonly #openedMs: number;
  #receivedMs: number;
  #pingedMs: number | undefined;
  /** When a write that is under way must be done. */
  #writtenByMs: number | undefined;

  constructor(options: ConnectionWatchOptions, nowMs: number) {
    this.#options = options;
    this.#openedMs = nowMs;
    this.#receivedMs = nowMs;
  }

  received(nowMs: number): void {
    this.#receivedMs = nowMs;
    this.#pingedMs = undefined;
  }

  writing(nowMs: number, bytes: number): void {
    const { keepaliveTimeoutMs } = this.#options;
    this.#writtenByMs = nowMs + keepaliveTimeoutMs + bytes / SLOWEST_BYTES_PER_MS;
  }

  written(): void {
    this.#writtenByMs = undefined;
  }

  check(nowMs: number, begun: boolean): Verdict {
    const { keepaliveIntervalMs, keepaliveTimeoutMs } = this.#options;
    if (!begun && nowMs - this.#openedMs > PREFACE_TIMEOUT_MS) return 'no preface';
    // What TCP_USER_TIMEOUT does for grpc-go, with the same time: it bounds the memory of clients that
    // have stopped. Node cannot set it, nor see how much of a write is done; hence the slowest line.
    if (this.#writtenByMs !== undefined && nowMs > this.#writtenByMs) return 'does not read';
    if (this.#pingedMs !== undefined) {
      return nowMs - this.#pingedMs > keepaliveTimeoutMs ? 'no answer to a ping' : 'well';
    }
    if (nowMs - this.#receivedMs < keepaliveIntervalMs) return 'well';
    this.#pingedMs = nowMs;
    return 'ping';
  }
}

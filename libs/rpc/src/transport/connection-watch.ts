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

/** Whether the other side of a connection is still there. */
export class ConnectionWatch {
  readonly #options: ConnectionWatchOptions;
  readonly #openedMs: number;
  #receivedMs: number;
  #pingedMs: number | undefined;
  #writingSinceMs: number | undefined;

  constructor(options: ConnectionWatchOptions, nowMs: number) {
    this.#options = options;
    this.#openedMs = nowMs;
    this.#receivedMs = nowMs;
  }

  received(nowMs: number): void {
    this.#receivedMs = nowMs;
    this.#pingedMs = undefined;
  }

  writing(nowMs: number): void {
    this.#writingSinceMs = nowMs;
  }

  written(): void {
    this.#writingSinceMs = undefined;
  }

  check(nowMs: number, begun: boolean): Verdict {
    const { keepaliveIntervalMs, keepaliveTimeoutMs } = this.#options;
    if (!begun && nowMs - this.#openedMs > PREFACE_TIMEOUT_MS) return 'no preface';
    // As TCP_USER_TIMEOUT, which grpc-go sets to the same time: it is what bounds the memory of
    // clients that have stopped. A write is at most what a slow line takes in that time.
    if (this.#writingSinceMs !== undefined && nowMs - this.#writingSinceMs > keepaliveTimeoutMs) {
      return 'does not read';
    }
    if (this.#pingedMs !== undefined) {
      return nowMs - this.#pingedMs > keepaliveTimeoutMs ? 'no answer to a ping' : 'well';
    }
    if (nowMs - this.#receivedMs < keepaliveIntervalMs) return 'well';
    this.#pingedMs = nowMs;
    return 'ping';
  }
}

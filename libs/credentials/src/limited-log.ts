import type { Clock, LogFields, Logger } from '@etcd-ts/foundation';

/** Lines per interval; then the log waits for the next one and says how many it left out. */
export const MAX_LINES = 20;
export const INTERVAL_MS = 10_000;

/** Warnings about what clients do: a flood of it must not become a flood of log lines. */
export class LimitedLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #beganMs = -Infinity;
  #lines = 0;
  #suppressed = 0;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  warn(message: string, fields: LogFields): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#beganMs >= INTERVAL_MS) {
      this.#beganMs = nowMs;
      this.#lines = 0;
    }
    if (this.#lines >= MAX_LINES) {
      this.#suppressed++;
      return;
    }
    this.#lines++;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    this.#logger.warn(
      message,
      suppressed === 0 ? fields : { ...fields, 'suppressed-lines': suppressed },
    );
  }
}

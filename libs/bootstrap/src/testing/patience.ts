import type { CancelTimer, LogFields, Logger, Scheduler } from '@etcd-ts/foundation';
import { SILENT_LOGGER } from '@etcd-ts/foundation';

const SHORT_MS = 1000;

/**
 * Timers that are due at once where they are pauses between tries, and never where they are
 * time-outs of requests: these are multiples of 5 s in this lib, the pauses powers of two.
 */
export class Impatience implements Scheduler {
  readonly pausesMs: number[] = [];

  after(delayMs: number, callback: () => void): CancelTimer {
    if (delayMs % 5000 === 0) return () => undefined;
    if (delayMs >= SHORT_MS) this.pausesMs.push(delayMs);
    const timer = setImmediate(callback);
    return () => clearImmediate(timer);
  }

  every(): never {
    throw new Error('nothing here happens regularly');
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }
}

/** What an operator reads: `level message {fields}`. */
export class RecordedLog {
  readonly lines: string[] = [];
  readonly logger: Logger = {
    ...SILENT_LOGGER,
    info: (message, fields) => this.#add('info', message, fields),
    warn: (message, fields) => this.#add('warn', message, fields),
    error: (message, fields) => this.#add('error', message, fields),
    named: () => this.logger,
  };

  messages(): readonly string[] {
    return this.lines.map((line) => /^\w+ ([^{]*?)(?: \{|$)/u.exec(line)?.[1] ?? line);
  }

  #add(level: string, message: string, fields?: LogFields): void {
    this.lines.push(
      fields === undefined
        ? `${level} ${message}`
        : `${level} ${message} ${JSON.stringify(fields)}`,
    );
  }
}

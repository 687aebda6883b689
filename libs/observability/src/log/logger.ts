import type { Clock, LogFields, Logger } from '@etcd-ts/foundation';
import type { LogEncoding } from './encoding.js';
import { severity } from './levels.js';
import type { LogLevel } from './levels.js';
import type { LogSampling } from './sampling.js';
import type { LogSink } from './sink.js';

/** What the loggers of one node share: one level, one set of outputs. */
export interface LogCore {
  readonly level: LogLevel;
  readonly clock: Clock;
  readonly encode: LogEncoding;
  readonly sampling: LogSampling;
  readonly sinks: readonly LogSink[];
}

export class StructuredLogger implements Logger {
  readonly #core: LogCore;
  readonly #caller: string;
  readonly #threshold: number;

  constructor(core: LogCore, caller: string) {
    this.#core = core;
    this.#caller = caller;
    this.#threshold = severity(core.level);
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  /** The process is about to end, so this one waits (bounded) for outputs that are behind. */
  fatal(message: string, fields?: LogFields): void {
    this.#log('fatal', message, fields);
    for (const sink of this.#core.sinks) sink.flush();
  }

  named(caller: string): Logger {
    return new StructuredLogger(this.#core, caller);
  }

  /** Writes out and closes the outputs, for all loggers made from this one. */
  close(): void {
    for (const sink of this.#core.sinks) sink.close();
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (severity(level) < this.#threshold) return;
    const { clock, encode, sampling, sinks } = this.#core;
    if (!sampling.admits(level, message, clock.monotonicMs())) return;
    const line = encode({ level, wallMs: clock.wallMs(), caller: this.#caller, message, fields });
    for (const sink of sinks) sink.write(line);
  }
}

import { types } from 'node:util';
import type { Clock, Logger } from '@etcd-ts/foundation';
import { encodeConsole, encodeJson } from './encoding.js';
import { fileSink, RotatingFileSink } from './file-sink.js';
import type { LogLevel } from './levels.js';
import { StructuredLogger } from './logger.js';
import { parseLogRotation } from './rotation.js';
import { LogSampling } from './sampling.js';
import { errorCode, standardSink } from './sink.js';
import type { DroppedLinesNotice, LogSink } from './sink.js';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `default` (standard error), `stderr`, `stdout`, or paths of files. Empty means `default`. */
  readonly outputs: readonly string[];
  readonly format: 'json' | 'console';
  readonly clock: Clock;
  /** etcd's --log-rotation-config-json; given only with --enable-log-rotation. */
  readonly rotationJson?: string | undefined;
  /** The `caller` of the first logger; `named` gives others. */
  readonly caller?: string;
}

/** A node's own logger: closing it closes the files, for all loggers made from it. */
export interface NodeLogger extends Logger {
  close(): void;
}

export type LoggerOutcome =
  | { readonly kind: 'ok'; readonly logger: NodeLogger }
  | { readonly kind: 'error'; readonly message: string };

const STANDARD = new Set(['default', 'stderr', 'stdout']);
const JOURNAL = 'systemd/journal';

/** Messages are those etcd ends with at start. Nothing stays open after an error. */
export function createLogger(options: LoggerOptions): LoggerOutcome {
  const outputs = options.outputs.length === 0 ? ['default'] : [...new Set(options.outputs)];
  const refusal = refuse(outputs, options.rotationJson);
  if (refusal !== undefined) return { kind: 'error', message: refusal };

  const encode = options.format === 'json' ? encodeJson : encodeConsole;
  const caller = options.caller ?? '';
  const notice: DroppedLinesNotice = (dropped) =>
    encode({
      level: 'warn',
      wallMs: options.clock.wallMs(),
      caller,
      message: 'log lines were dropped, the output did not take them',
      fields: { dropped },
    });
  const sinks: LogSink[] = [];
  for (const output of outputs) {
    try {
      sinks.push(openSink(output, options, notice));
    } catch (error) {
      for (const sink of sinks) sink.close();
      return { kind: 'error', message: openFailure(output, error) };
    }
  }
  const { level, clock } = options;
  const core = { level, clock, encode, sampling: new LogSampling(), sinks };
  return { kind: 'ok', logger: new StructuredLogger(core, caller) };
}

function refuse(outputs: readonly string[], rotationJson: string | undefined): string | undefined {
  if (outputs.length > 1 && outputs.includes('default')) {
    return 'multi logoutput for "default" is not supported yet';
  }
  if (outputs.includes(JOURNAL)) {
    // The journal's socket takes datagrams, which Node's own sockets do not speak over a path.
    return `can't write to the journal: "${JOURNAL}" is not supported; log to stderr, which systemd forwards to the journal`;
  }
  const foreign = outputs.find((output) => /^(?!file:)[a-z][a-z0-9+.-]*:/i.test(output));
  if (foreign !== undefined) {
    const scheme = foreign.slice(0, foreign.indexOf(':')).toLowerCase();
    return `open sink "${foreign}": no sink found for scheme "${scheme}"`;
  }
  if (rotationJson === undefined) return undefined;
  if (outputs.filter((output) => !STANDARD.has(output)).length !== 1) {
    return '--log-outputs requires a single file path when --log-rotate-config-json is defined';
  }
  const parsed = parseLogRotation(rotationJson);
  return parsed.kind === 'error' ? parsed.message : undefined;
}

function openSink(output: string, options: LoggerOptions, notice: DroppedLinesNotice): LogSink {
  if (output === 'stdout') return standardSink(1, notice);
  if (STANDARD.has(output)) return standardSink(2, notice);
  const path = output.replace(/^file:(\/\/)?/, '');
  if (options.rotationJson === undefined) return fileSink(path, notice);
  const parsed = parseLogRotation(options.rotationJson);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  return new RotatingFileSink(path, parsed.rotation, options.clock, notice);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  EROFS: 'read-only file system',
  ENOTDIR: 'not a directory',
};

function openFailure(output: string, error: unknown): string {
  const code = errorCode(error);
  const reason = REASONS[code] ?? (types.isNativeError(error) ? error.message : code);
  return `open sink "${output}": open ${output}: ${reason}`;
}

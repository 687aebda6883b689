import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, LogFields, Logger } from '@etcd-ts/foundation';

/** A directory on the real disk, removed after each test of the file that calls this. */
export function temporaryDirectories(): () => string {
  const made: string[] = [];
  afterEach(() => {
    for (const path of made.splice(0)) fs.rmSync(path, { recursive: true, force: true });
  });
  return () => {
    const path = fs.mkdtempSync(join(tmpdir(), 'storage-'));
    made.push(path);
    return path;
  };
}

export const TEST_CLOCK: Clock = { monotonicMs: () => performance.now(), wallMs: () => 0 };

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** A logger that remembers. */
export function recordingLogger(): Logger & { readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields });
    };
  const logger = {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    named: () => logger,
  };
  return logger;
}

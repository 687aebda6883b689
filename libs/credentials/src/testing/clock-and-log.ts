import { SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Clock, LogFields, Logger } from '@etcd-ts/foundation';

export class TestClock implements Clock {
  nowMs = 1_800_000_000_000;

  monotonicMs(): number {
    return this.nowMs;
  }

  wallMs(): number {
    return this.nowMs;
  }
}

export interface WarningLog extends Logger {
  readonly warnings: { readonly message: string; readonly fields: LogFields }[];
}

export function warningLog(): WarningLog {
  const warnings: WarningLog['warnings'] = [];
  return {
    ...SILENT_LOGGER,
    warnings,
    warn: (message, fields = {}) => {
      warnings.push({ message, fields });
    },
  };
}

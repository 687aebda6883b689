import type { LogFields } from '@etcd-ts/foundation';

/** A log line for whoever starts the node: it cannot be written before the log is set up. */
export interface ConfigNotice {
  readonly level: 'info' | 'warn' | 'fatal';
  readonly message: string;
  readonly fields: LogFields;
}

export const info = (message: string, fields: LogFields = {}): ConfigNotice => ({
  level: 'info',
  message,
  fields,
});

export const warn = (message: string, fields: LogFields = {}): ConfigNotice => ({
  level: 'warn',
  message,
  fields,
});

export const formerNameNotice = (used: string, instead: string): ConfigNotice =>
  warn('this option has a new name; the old one is accepted for now', { used, instead });

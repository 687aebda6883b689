import type { Logger } from '@etcd-ts/foundation';

const ignore = (): void => undefined;

export const silentLogger: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  named: () => silentLogger,
};

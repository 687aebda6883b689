import type { Logger } from '@etcd-ts/foundation';
import { notifyReady } from './service-notification.js';
import { errorText } from './system-error.js';
import { terminateOnSignals } from './termination.js';

/** Something that serves until it is stopped. */
export interface RunningService {
  stop(): Promise<void>;
}

export interface DaemonRun {
  readonly logger: Logger;
  /** Resolves when requests can be served. */
  readonly start: () => Promise<RunningService>;
}

/**
 * Serves until a signal ends the process. Resolves only when the service does not start, with the
 * exit code; an error that nobody caught ends the process, since it leaves a state that nobody has
 * thought about.
 */
export async function runDaemon({ logger, start }: DaemonRun): Promise<number> {
  endOnBugs(logger);
  const starting = start();
  terminateOnSignals({
    process,
    logger: () => logger,
    stop: async () => (await starting.catch(() => undefined))?.stop(),
  });
  try {
    await starting;
  } catch (error) {
    logger.fatal('failed to start', { error: errorText(error) });
    return 1;
  }
  notifyReady(process.env['NOTIFY_SOCKET'], logger);
  return new Promise(() => undefined);
}

function endOnBugs(logger: Logger): void {
  const end = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    logger.fatal('unexpected error', { error: errorText(error), stack });
    process.exit(1);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}

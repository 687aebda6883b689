import type { Logger } from '@etcd-ts/foundation';

export type TerminationSignal = 'SIGINT' | 'SIGTERM';

/** As Go prints them. */
const SIGNAL_NAMES: Readonly<Record<TerminationSignal, string>> = {
  SIGINT: 'interrupt',
  SIGTERM: 'terminated',
};
const SIGNALS: readonly TerminationSignal[] = ['SIGINT', 'SIGTERM'];
const INIT_PROCESS = 1;

/** What of the process the end of a node depends on. */
export interface ProcessHandle {
  readonly pid: number;
  on(signal: TerminationSignal, listener: () => void): void;
  removeAllListeners(signal: TerminationSignal): void;
  kill(pid: number, signal: TerminationSignal): void;
  exit(code: number): void;
}

export interface Termination {
  readonly process: ProcessHandle;
  readonly logger: () => Logger;
  /** Stops the node gracefully; the process ends when this settles, whichever way. */
  readonly stop: () => Promise<void>;
}

/**
 * Ends the process on SIGTERM and SIGINT: gracefully the first time, at once the second. It ends by
 * the signal itself, with its default effect, so that whoever waits for it sees what it did. The
 * first process of a container gets no default effects from the kernel and exits with 0.
 */
export function terminateOnSignals({ process, logger, stop }: Termination): void {
  let isStopping = false;
  const end = (signal: TerminationSignal): void => {
    if (process.pid === INIT_PROCESS) return process.exit(0);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
  const received = (signal: TerminationSignal): void => {
    if (isStopping) {
      logger().warn('received another signal; exiting at once', { signal: SIGNAL_NAMES[signal] });
      return end(signal);
    }
    isStopping = true;
    logger().info('received signal; shutting down', { signal: SIGNAL_NAMES[signal] });
    stop().then(
      () => end(signal),
      (error: unknown) => {
        logger().error('failed to stop gracefully', { error: String(error) });
        end(signal);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, () => received(signal));
}

import type { Scheduler } from '@etcd-ts/foundation';

const MAX_EXPONENT = 8;

/** etcd's pauses between tries: 2, 4, 8 ... 256 seconds. */
export const retryPauseMs = (retries: number): number =>
  1000 * 2 ** Math.min(retries, MAX_EXPONENT);

/** Resolves after the time, or at once when the signal is aborted. */
export function pause(
  scheduler: Scheduler,
  durationMs: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = scheduler.after(durationMs, wake);
    signal.addEventListener('abort', wake);
  });
}

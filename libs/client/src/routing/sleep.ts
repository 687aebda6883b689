import { longTimeout } from './long-timeout.js';

/** Ends after so long (undefined: never by itself); rejects with the reason of the first signal. */
export function sleep(
  milliseconds: number | undefined,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const given = signals.filter((signal) => signal !== undefined);
    const release = (): void => {
      clear?.();
      for (const signal of given) signal.removeEventListener('abort', onAbort);
    };
    const onAbort = (event: Event): void => {
      release();
      reject((event.target as AbortSignal).reason as Error);
    };
    const onTime = (): void => {
      release();
      resolve();
    };
    const clear = milliseconds === undefined ? undefined : longTimeout(milliseconds, onTime);
    for (const signal of given) signal.addEventListener('abort', onAbort, { once: true });
    const aborted = given.find((signal) => signal.aborted);
    if (aborted === undefined) return;
    release();
    reject(aborted.reason as Error);
  });
}

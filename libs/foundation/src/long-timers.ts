import type { CancelTimer, Scheduler } from './time.js';

/**
 * The longest delay that the timers of Node and of browsers take, 24.8 days: they count in 31 bits,
 * and what is longer they call after one millisecond.
 */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The same way to wait for a delay, of any length. Infinity is never. */
export function withLongDelays(after: Scheduler['after']): Scheduler['after'] {
  return (delayMs, callback) => {
    if (delayMs <= LONGEST_TIMER_MS) return after(delayMs, callback);
    let cancel: CancelTimer = () => undefined;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
      cancel = after(stepMs, leftMs > stepMs ? () => arm(leftMs - stepMs) : callback);
    };
    arm(delayMs);
    return () => cancel();
  };
}

/**
 * The same scheduler with delays of any length: a check every month must not become a check every
 * millisecond. Infinity is never.
 */
export function withLongTimers(timers: Scheduler): Scheduler {
  const after = withLongDelays((delayMs, callback) => timers.after(delayMs, callback));
  return {
    after,
    every: (intervalMs, callback, rhythm) => {
      if (intervalMs <= LONGEST_TIMER_MS) return timers.every(intervalMs, callback, rhythm);
      let cancel: CancelTimer = () => undefined;
      const arm = (): void => {
        cancel = after(intervalMs, () => {
          // Before the callback, which may cancel what comes next.
          arm();
          callback();
        });
      };
      arm();
      return () => cancel();
    },
    soon: (callback) => timers.soon(callback),
  };
}

import { withLongTimers } from '@etcd-ts/foundation';
import type { CancelTimer, Clock, Scheduler } from '@etcd-ts/foundation';

/** The machine's own time: the one place in the server that reads it. */
export const SYSTEM_CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

export const SYSTEM_SCHEDULER: Scheduler = withLongTimers({
  after(delayMs: number, callback: () => void): CancelTimer {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  every(intervalMs: number, callback: () => void): CancelTimer {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
  // The check phase comes right after polling, so every socket that was readable in this turn
  // has been read before the callback runs: that is what makes one turn one batch.
  soon(callback: () => void): void {
    setImmediate(callback);
  },
});

import { withLongTimers } from '@etcd-ts/foundation';
import type { Clock, Scheduler } from '@etcd-ts/foundation';

export const SYSTEM_CLOCK: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** Timers do not keep a process alive: its connections do. */
export const SYSTEM_SCHEDULER: Scheduler = withLongTimers({
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs).unref();
    return () => clearInterval(timer);
  },
  soon(callback) {
    setImmediate(callback);
  },
});

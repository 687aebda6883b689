import type { Clock, Scheduler } from '@etcd-ts/foundation';
import { CLOCK, SCHEDULER } from './real-time.js';

/**
 * Time that runs `factor` times as fast as the machine's, so that time limits of seconds can be
 * waited for with real sockets.
 */
export function hurriedTime(factor: number): { clock: Clock; scheduler: Scheduler } {
  return {
    clock: { monotonicMs: () => CLOCK.monotonicMs() * factor, wallMs: CLOCK.wallMs },
    scheduler: {
      after: (delayMs, callback) => SCHEDULER.after(delayMs / factor, callback),
      every: (intervalMs, callback) => SCHEDULER.every(intervalMs / factor, callback),
      soon: SCHEDULER.soon,
    },
  };
}

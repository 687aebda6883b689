import type { Scheduler } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';

/**
 * Runs a sliced computation, giving the event loop to everybody else between slices. Once `stopped`
 * it goes no further and rejects with Stopped: its files are being closed.
 */
export function runInSlices<T>(
  work: Generator<unknown, T>,
  scheduler: Scheduler,
  stopped: () => boolean,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      try {
        if (stopped()) throw ERRORS.Stopped.error();
        const step = work.next();
        if (step.done) resolve(step.value);
        else scheduler.soon(slice);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    slice();
  });
}

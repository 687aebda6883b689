import type { Scheduler } from '@etcd-ts/foundation';

/** Runs a sliced computation, giving the event loop to everybody else between slices. */
export function runInSlices<T>(work: Generator<unknown, T>, scheduler: Scheduler): Promise<T> {
  return new Promise((resolve, reject) => {
    const slice = (): void => {
      try {
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

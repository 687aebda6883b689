import { ERRORS } from '@etcd-ts/wire-protocol';

/**
 * Waiting jobs beyond which further ones are refused. At bcrypt's default cost of 10 the last of
 * them waits about as long as a request may take altogether (7 s): a longer queue would only work
 * for clients that have given up.
 */
export const MAX_WAITING_JOBS = 100;

interface Job {
  readonly start: () => Promise<void>;
}

/**
 * One job at a time. bcrypt runs on the thread pool of libuv, whose four threads also write and
 * sync the log: a pool full of passwords would stop every write of the node.
 */
export class HashingLane {
  readonly #waiting: Job[] = [];
  #busy = false;

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Rejects at once with RequestTooManyRequests when the queue is full, and with the signal's reason
   * when it aborts while the job still waits. A job that has begun is not given up.
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    if (this.#waiting.length >= MAX_WAITING_JOBS) {
      return Promise.reject(ERRORS.RequestTooManyRequests.error());
    }
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(job), 1);
        reject(signal.reason as Error);
      };
      const job: Job = {
        start: () => {
          signal.removeEventListener('abort', abort);
          return work().then(resolve, reject);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(job);
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#busy = true;
    void job.start().finally(() => {
      this.#busy = false;
      this.#next();
    });
  }
}

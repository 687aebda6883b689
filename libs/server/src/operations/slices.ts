import type { Clock, Scheduler } from '@etcd-ts/foundation';
import { ERRORS } from '@etcd-ts/wire-protocol';

/** While others have work, long work gets a third of the event loop. */
const OTHERS_SHARE = 2;
/** A turn of the event loop in which nobody has anything to do takes a small part of this. */
const IDLE_TURN_MS = 0.25;

export interface SliceTime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/**
 * Resolves when it is time for the next slice, after one that took `workedMs`. A request is answered
 * in several turns of the event loop (it is read, written to the log, applied), and a slice in each
 * would delay it several times. So turns go by until others have had twice the slice's time, or one
 * was idle.
 */
export function giveWay(workedMs: number, { clock, scheduler }: SliceTime): Promise<void> {
  let owedMs = OTHERS_SHARE * workedMs;
  return new Promise((resolve) => {
    const waitFrom = (sinceMs: number): void =>
      scheduler.soon(() => {
        const nowMs = clock.monotonicMs();
        const turnMs = nowMs - sinceMs;
        owedMs -= turnMs;
        if (turnMs < IDLE_TURN_MS || owedMs <= 0) resolve();
        else waitFrom(nowMs);
      });
    waitFrom(clock.monotonicMs());
  });
}

/**
 * Runs a sliced computation, giving way to everybody else between slices. Once `stopped` it goes no
 * further and rejects with Stopped: its files are being closed.
 */
export async function runInSlices<T>(
  work: Generator<unknown, T>,
  time: SliceTime,
  stopped: () => boolean,
): Promise<T> {
  for (;;) {
    if (stopped()) throw ERRORS.Stopped.error();
    const startedMs = time.clock.monotonicMs();
    const step = work.next();
    if (step.done === true) return step.value;
    await giveWay(time.clock.monotonicMs() - startedMs, time);
  }
}

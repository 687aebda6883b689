import type { Clock, HeapEntry, Scheduler } from '@etcd-ts/foundation';
import { IndexedHeap } from '@etcd-ts/foundation';
import { CLOCK, SCHEDULER } from './real-time.js';

const TURN_MS = 2;

interface Timer extends HeapEntry {
  readonly atMs: number;
  readonly fire: () => void;
}

/**
 * Time that runs `factor` times as fast as the machine's at most, so that time limits of seconds
 * can be waited for with real sockets. It moves by the same small step in every turn of the event
 * loop and stands while the process gets no processor: hurried time measured by the machine's clock
 * would make a silence of seconds out of a stall of a tenth.
 */
export function hurriedTime(factor: number): { clock: Clock; scheduler: Scheduler } {
  const timers = new IndexedHeap<Timer>((a, b) => a.atMs < b.atMs);
  let nowMs = 0;
  let turnMs = CLOCK.monotonicMs();
  const turns = setInterval(() => {
    nowMs += TURN_MS * factor;
    turnMs = CLOCK.monotonicMs();
    for (let timer = timers.peek(); timer && timer.atMs <= nowMs; timer = timers.peek()) {
      timers.remove(timer);
      timer.fire();
    }
  }, TURN_MS);
  turns.unref();

  const at = (atMs: number, fire: () => void): (() => void) => {
    const timer: Timer = { atMs, fire, heapIndex: -1 };
    timers.push(timer);
    return () => {
      if (timer.heapIndex !== -1) timers.remove(timer);
    };
  };
  return {
    clock: {
      monotonicMs: () => nowMs + Math.min(CLOCK.monotonicMs() - turnMs, TURN_MS) * factor,
      wallMs: CLOCK.wallMs,
    },
    scheduler: {
      after: (delayMs, callback) => at(nowMs + Math.max(delayMs, 1), callback),
      every(intervalMs, callback) {
        let cancel = (): void => undefined;
        const next = (): void => {
          cancel = at(nowMs + Math.max(intervalMs, 1), () => {
            next();
            callback();
          });
        };
        next();
        return () => cancel();
      },
      soon: SCHEDULER.soon,
    },
  };
}

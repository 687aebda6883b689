import { LONGEST_TIMER_MS, withLongTimers } from './long-timers.js';
import type { CancelTimer, Scheduler } from './time.js';

const DAY_MS = 86_400_000;

/** Virtual time with the timers of Node: what does not fit in 31 bits is called after 1 ms. */
class NodeTimers implements Scheduler {
  nowMs = 0;
  #due: { atMs: number; callback: () => void }[] = [];

  after(delayMs: number, callback: () => void): CancelTimer {
    const timer = { atMs: this.nowMs + (delayMs <= LONGEST_TIMER_MS ? delayMs : 1), callback };
    this.#due.push(timer);
    return () => (this.#due = this.#due.filter((other) => other !== timer));
  }

  every(intervalMs: number, callback: () => void): CancelTimer {
    let cancel: CancelTimer = () => undefined;
    const arm = (): void => {
      cancel = this.after(intervalMs, () => {
        arm();
        callback();
      });
    };
    arm();
    return () => cancel();
  }

  soon(callback: () => void): void {
    this.after(0, callback);
  }

  get waiting(): number {
    return this.#due.length;
  }

  advance(toMs: number): void {
    for (;;) {
      const next = this.#due.sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > toMs) break;
      this.#due.shift();
      this.nowMs = next.atMs;
      next.callback();
    }
    this.nowMs = toMs;
  }
}

describe('timers of any length', () => {
  it('call once after a year, neither at once nor early', () => {
    const timers = new NodeTimers();
    const calledMs: number[] = [];
    withLongTimers(timers).after(365 * DAY_MS, () => calledMs.push(timers.nowMs));
    timers.advance(800 * DAY_MS);
    expect(calledMs).toEqual([365 * DAY_MS]);
    expect(timers.waiting).toBe(0);
  });

  it('repeat every thirty days', () => {
    const timers = new NodeTimers();
    const calledMs: number[] = [];
    withLongTimers(timers).every(30 * DAY_MS, () => calledMs.push(timers.nowMs));
    timers.advance(100 * DAY_MS);
    expect(calledMs).toEqual([30 * DAY_MS, 60 * DAY_MS, 90 * DAY_MS]);
  });

  it('leave short ones, and the longest that fits, to the machine', () => {
    const timers = new NodeTimers();
    const calledMs: number[] = [];
    const long = withLongTimers(timers);
    long.after(5, () => calledMs.push(timers.nowMs));
    long.after(LONGEST_TIMER_MS, () => calledMs.push(timers.nowMs));
    long.soon(() => calledMs.push(timers.nowMs));
    timers.advance(LONGEST_TIMER_MS);
    expect(calledMs).toEqual([0, 5, LONGEST_TIMER_MS]);
  });

  it('can be cancelled in any of their stretches, and from within', () => {
    const timers = new NodeTimers();
    const long = withLongTimers(timers);
    let calls = 0;
    const cancelAfter = long.after(365 * DAY_MS, () => calls++);
    const cancelEvery = long.every(30 * DAY_MS, () => {
      calls++;
      cancelEvery();
    });
    timers.advance(100 * DAY_MS);
    cancelAfter();
    timers.advance(800 * DAY_MS);
    expect(calls).toBe(1);
    expect(timers.waiting).toBe(0);
  });

  it('never end when they are infinite', () => {
    const timers = new NodeTimers();
    withLongTimers(timers).after(Infinity, () => {
      throw new Error('called');
    });
    timers.advance(1000 * DAY_MS);
    expect(timers.waiting).toBe(1);
  });
});

import type { Clock, Scheduler } from '@etcd-ts/foundation';
import { SilenceTimer } from './silence-timer.js';

/** Time that goes on when it is told to; `soon` runs when the turn of the event loop ends. */
class ManualTime {
  nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];
  #soon: (() => void)[] = [];
  readonly clock: Clock = { monotonicMs: () => this.nowMs, wallMs: () => this.nowMs };
  readonly scheduler: Scheduler = {
    after: (delayMs, callback) => {
      const timer = { atMs: this.nowMs + delayMs, callback };
      this.#timers.push(timer);
      return () => (this.#timers = this.#timers.filter((other) => other !== timer));
    },
    every: () => () => undefined,
    soon: (callback) => this.#soon.push(callback),
  };

  /** Runs what is due, then whatever the sockets have, then the end of the turn. */
  advance(byMs: number, sockets: () => void = () => undefined): void {
    this.nowMs += byMs;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.nowMs);
    this.#timers = this.#timers.filter(({ atMs }) => atMs > this.nowMs);
    for (const { callback } of due) callback();
    sockets();
    for (const callback of this.#soon.splice(0)) callback();
  }
}

describe('a silence timer', () => {
  let time: ManualTime;
  let silences: number;
  let timer: SilenceTimer;
  beforeEach(() => {
    time = new ManualTime();
    silences = 0;
    timer = new SilenceTimer(time, 100, () => silences++);
  });

  it('speaks once after the time without a word', () => {
    time.advance(99);
    expect(silences).toBe(0);
    time.advance(1);
    time.advance(1000);
    expect(silences).toBe(1);
  });

  it('waits as long as something is heard', () => {
    for (let i = 0; i < 20; i++) {
      time.advance(60);
      timer.touch();
    }
    expect(silences).toBe(0);
    time.advance(100);
    time.advance(60);
    expect(silences).toBe(1);
  });

  it('does not take its own sleep for the silence of others', () => {
    time.advance(60_000, () => timer.touch());
    expect(silences).toBe(0);
    time.advance(100);
    expect(silences).toBe(1);
  });

  it('can be given more patience, and be stopped', () => {
    timer.restart(500);
    time.advance(400);
    expect(silences).toBe(0);
    timer.stop();
    timer.restart(10);
    time.advance(1000);
    expect(silences).toBe(0);
  });
});

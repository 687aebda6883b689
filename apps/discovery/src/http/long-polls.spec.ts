import type { Clock, Scheduler } from '@etcd-ts/foundation';
import { HEARTBEAT_MS, LongPolls } from './long-polls.js';

class TestTime implements Clock, Scheduler {
  nowMs = 0;
  #every: (() => void)[] = [];
  monotonicMs = (): number => this.nowMs;
  wallMs = (): number => this.nowMs;
  after = (): never => {
    throw new Error('not used');
  };
  soon = this.after;
  every(_intervalMs: number, callback: () => void): () => void {
    this.#every.push(callback);
    return () => {
      this.#every = [];
    };
  }
  tick(durationMs: number): void {
    this.nowMs += durationMs;
    for (const callback of this.#every) callback();
  }
}

const NO_HEARTBEAT = (): void => undefined;

function open(total = 10, perToken = 10): { polls: LongPolls; time: TestTime } {
  const time = new TestTime();
  return { time, polls: new LongPolls({ total, perToken }, { clock: time, scheduler: time }) };
}

describe('a long poll', () => {
  it('wakes at a change of its token and of no other', async () => {
    const { polls } = open();
    const woken: string[] = [];
    const wait = (token: string) =>
      polls
        .enter(token, NO_HEARTBEAT)
        ?.next()
        .then(() => woken.push(token));
    const a = wait('a');
    void wait('b');
    polls.changed('a');
    await a;
    expect(woken).toEqual(['a']);
  });

  it('wakes at once when the change came between entering and waiting', async () => {
    const { polls } = open();
    const poll = polls.enter('a', NO_HEARTBEAT);
    polls.changed('a');
    expect(await poll?.next()).toBe('changed');
  });

  it('wakes when nobody knows whose change it was', async () => {
    const { polls } = open();
    const all = ['a', 'b'].map((token) => polls.enter(token, NO_HEARTBEAT)?.next());
    polls.changed(undefined);
    expect(await Promise.all(all)).toEqual(['changed', 'changed']);
  });

  it('finds no room beyond the limits, and room again when another has left', () => {
    const { polls } = open(3, 2);
    const first = polls.enter('a', NO_HEARTBEAT);
    expect(polls.enter('a', NO_HEARTBEAT)).toBeDefined();
    expect(polls.enter('a', NO_HEARTBEAT)).toBeUndefined();
    expect(polls.enter('b', NO_HEARTBEAT)).toBeDefined();
    expect(polls.enter('c', NO_HEARTBEAT)).toBeUndefined();
    first?.leave();
    first?.leave();
    expect(polls.count).toBe(2);
    expect(polls.enter('c', NO_HEARTBEAT)).toBeDefined();
  });

  it('ends with its connection, even while it waits', async () => {
    const { polls } = open();
    const poll = polls.enter('a', NO_HEARTBEAT);
    const wakening = poll?.next();
    poll?.leave();
    expect(await wakening).toBe('ended');
    expect(polls.count).toBe(0);
  });

  it('ends for good when the service does, whatever changes besides', async () => {
    const { polls } = open();
    const poll = polls.enter('a', NO_HEARTBEAT);
    polls.changed('a');
    polls.end();
    polls.changed('a');
    expect(await poll?.next()).toBe('ended');
    expect(await poll?.next()).toBe('ended');
    expect(polls.enter('a', NO_HEARTBEAT)).toBeUndefined();
  });

  it('gives signs of life only when it has waited for a while', () => {
    const { polls, time } = open();
    let beats = 0;
    polls.enter('a', () => beats++);
    time.tick(1000);
    expect(beats).toBe(0);
    time.tick(HEARTBEAT_MS);
    time.tick(HEARTBEAT_MS);
    expect(beats).toBe(2);
  });
});

import type { Clock, Scheduler } from '@etcd-ts/foundation';
import { giveWay, runInSlices } from './slices.js';

/** An event loop whose turns take as long as they are said to. */
class Turns {
  #nowMs = 1000;
  #waiting: (() => void)[] = [];
  readonly clock: Clock = { monotonicMs: () => this.#nowMs, wallMs: () => this.#nowMs };
  readonly scheduler: Scheduler = {
    after: () => () => undefined,
    every: () => () => undefined,
    soon: (callback) => void this.#waiting.push(callback),
  };

  spend(ms: number): void {
    this.#nowMs += ms;
  }

  /** One turn, in which others work for so long. */
  async turn(othersMs: number): Promise<void> {
    const due = this.#waiting;
    this.#waiting = [];
    this.spend(othersMs);
    for (const callback of due) callback();
    await Promise.resolve();
    await Promise.resolve();
  }
}

describe('long work in slices', () => {
  let turns: Turns;
  let slices: number;

  beforeEach(() => {
    turns = new Turns();
    slices = 0;
  });

  function* work(count: number, sliceMs: number): Generator<undefined, string> {
    while (slices < count) {
      slices++;
      turns.spend(sliceMs);
      yield;
    }
    return 'all of it';
  }

  it('goes on in every turn as long as nobody else has work', async () => {
    const result = runInSlices(work(5, 3), turns, () => false);
    for (let turn = 1; turn <= 5; turn++) {
      expect(slices).toBe(turn);
      await turns.turn(0.1);
    }
    expect(await result).toBe('all of it');
  });

  it('lets others have twice its time while they have work', async () => {
    void runInSlices(work(100, 3), turns, () => false);
    const counted: number[] = [];
    for (let turn = 0; turn < 9; turn++) {
      await turns.turn(2);
      counted.push(slices);
    }
    expect(counted).toEqual([1, 1, 2, 2, 2, 3, 3, 3, 4]);
  });

  it('takes up an idle turn at once, however much it owes', async () => {
    void runInSlices(work(100, 50), turns, () => false);
    await turns.turn(2);
    await turns.turn(2);
    expect(slices).toBe(1);
    await turns.turn(0.1);
    expect(slices).toBe(2);
  });

  it('rejects once it is stopped, and does no more', async () => {
    let stopped = false;
    const result = runInSlices(work(100, 1), turns, () => stopped);
    stopped = true;
    const rejected = expect(result).rejects.toThrow('stopped');
    await turns.turn(0);
    await rejected;
    expect(slices).toBe(1);
  });

  it('rejects with what the work throws', async () => {
    const failing = (function* (): Generator<undefined, never> {
      yield;
      throw new Error('damaged');
    })();
    const rejected = expect(runInSlices(failing, turns, () => false)).rejects.toThrow('damaged');
    await turns.turn(0);
    await rejected;
  });

  it('ends giving way when others have had their time, slice or no slice', async () => {
    let isOver = false;
    void giveWay(5, turns).then(() => (isOver = true));
    await turns.turn(6);
    expect(isOver).toBe(false);
    await turns.turn(6);
    expect(isOver).toBe(true);
  });
});

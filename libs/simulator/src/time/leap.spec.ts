import { EventQueue, Process } from './event-queue.js';
import type { Leaper } from './event-queue.js';

/** Ten ticks make a round; it may leap whenever nothing is due. */
function leaper(leaps: boolean): Leaper {
  return { guardMs: 250, period: () => 10, rests: () => leaps };
}

interface Look {
  readonly name: string;
  readonly atMs: number;
}

/**
 * A pulse every 0.1 s, polls that find something from a moment on, some of them at the very same times,
 * and a few things that happen once.
 */
async function run(leaps: boolean): Promise<{ looks: Look[]; leaptMs: number; handled: number }> {
  const queue = new EventQueue();
  queue.leaper = leaper(leaps);
  const member = new Process('member');
  const looks: Look[] = [];
  const see = (name: string): void => void looks.push({ name, atMs: queue.nowMs });
  const every = (name: string, stepMs: number, idleUntilMs: () => number): void => {
    const look = (): void => {
      if (queue.nowMs >= idleUntilMs()) see(name);
    };
    queue.every(member, look, {
      stepMs: () => stepMs,
      trueMs: (localMs) => localMs,
      rhythm: { kind: 'poll', idleUntilMs },
    });
  };
  queue.every(member, () => undefined, {
    stepMs: () => 100 / 1.003,
    trueMs: (localMs) => localMs,
    rhythm: { kind: 'pulse' },
  });
  every('half', 500, () => 100_000);
  every('quarter', 250, () => 100_000);
  every('odd', 333.3, () => 70_000);
  every('never', 100, () => Infinity);
  for (const atMs of [12_345, 50_000, 99_999.5]) queue.at(atMs, undefined, () => see('once'));
  await queue.run(101_000);
  return { looks, leaptMs: queue.leaptMs, handled: queue.handled };
}

describe('a leap', () => {
  it('leaves everything that happens where it was, to the last bit, in its order', async () => {
    const leapt = await run(true);
    const stepped = await run(false);
    expect(leapt.looks).toEqual(stepped.looks);
    expect(leapt.looks.filter(({ name }) => name === 'once')).toHaveLength(3);
    expect(leapt.looks.filter(({ name }) => name === 'half')).not.toHaveLength(0);
    expect(stepped.leaptMs).toBe(0);
    expect(leapt.leaptMs).toBeGreaterThan(60_000);
    expect(leapt.handled).toBeLessThan(stepped.handled / 2);
  });

  it('is not taken by a cluster that is not at rest', async () => {
    const queue = new EventQueue();
    queue.leaper = { guardMs: 1, period: () => 0, rests: () => true };
    let ticks = 0;
    queue.every(new Process('member'), () => ticks++, {
      stepMs: () => 100,
      trueMs: (localMs) => localMs,
      rhythm: { kind: 'pulse' },
    });
    await queue.run(10_000);
    expect(ticks).toBe(100);
    expect(queue.leaptMs).toBe(0);
  });

  it('stops before what may do something at any time', async () => {
    const queue = new EventQueue();
    queue.leaper = leaper(true);
    const member = new Process('member');
    const atMs: number[] = [];
    const pace = { stepMs: () => 100, trueMs: (localMs: number) => localMs };
    queue.every(member, () => undefined, { ...pace, rhythm: { kind: 'pulse' } });
    queue.every(member, () => atMs.push(queue.nowMs), {
      ...pace,
      stepMs: () => 7000,
      rhythm: undefined,
    });
    await queue.run(30_000);
    expect(atMs).toEqual([7000, 14_000, 21_000, 28_000]);
    expect(queue.leaptMs).toBeGreaterThan(15_000);
  });
});

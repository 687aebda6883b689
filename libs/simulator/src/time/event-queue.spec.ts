import { EventQueue, Process } from './event-queue.js';

describe('virtual time', () => {
  it('runs events by their time, those of one moment as they were added', async () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    const see = (name: string) => () => seen.push(`${name}@${queue.nowMs}`);
    queue.at(20, undefined, see('c'));
    queue.at(10, undefined, see('a'));
    queue.at(10, undefined, see('b'));
    const cancel = queue.at(15, undefined, see('never'));
    cancel();
    queue.at(30, undefined, see('too late'));
    await queue.run(25);
    expect(seen).toEqual(['a@10', 'b@10', 'c@20']);
    expect(queue.nowMs).toBe(25);
  });

  it('lets all reactions to an event happen before the next one', async () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    queue.at(1, undefined, () => {
      void (async () => {
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        seen.push('reactions');
      })();
    });
    queue.at(1, undefined, () => seen.push('next'));
    await queue.run(2);
    expect(seen).toEqual(['reactions', 'next']);
  });

  it('keeps for a paused process what is due to it, and drops it with its death', async () => {
    const queue = new EventQueue();
    const paused = new Process('paused');
    const dead = new Process('dead');
    const seen: string[] = [];
    paused.pausedUntilMs = 50;
    dead.onDeath(() => seen.push(`death@${queue.nowMs}`));
    queue.at(10, paused, () => seen.push(`first@${queue.nowMs}`));
    queue.at(20, paused, () => seen.push(`second@${queue.nowMs}`));
    queue.at(30, dead, () => seen.push('of the dead'));
    queue.at(15, undefined, () => dead.die());
    await queue.run(100);
    expect(seen).toEqual(['death@15', 'first@50', 'second@50']);
  });

  it('ends with whatever an event throws', async () => {
    const queue = new EventQueue();
    queue.at(1, undefined, () => {
      throw new Error('broken');
    });
    await expect(queue.run(2)).rejects.toThrow('broken');
  });
});

import { append, heartbeat, someone } from '../testing/messages.js';
import { MessageQueue } from './message-queue.js';

const [a, b] = [someone(1n), someone(2n)];
const sized = (bytes: number) => append(a, b, 1, Buffer.alloc(bytes));

describe('a queue of messages', () => {
  it('gives them back in order, across any number of rounds', () => {
    const queue = new MessageQueue(10, 1e6);
    let pushed = 0;
    let shifted = 0;
    for (let round = 0; round < 100; round++) {
      for (let i = 0; i < 7; i++) if (queue.push(heartbeat(a, b, `${pushed}`))) pushed++;
      for (let i = 0; i < 5; i++) {
        expect(queue.shift()).toEqual(heartbeat(a, b, `${shifted++}`));
      }
      expect(queue.length).toBe(pushed - shifted);
    }
  });

  it('is full by number, and has room again', () => {
    const queue = new MessageQueue(3, 1e6);
    const pushes = [1, 2, 3, 4].map(() => queue.push(heartbeat(a, b)));
    expect(pushes).toEqual([true, true, true, false]);
    queue.shift();
    expect(queue.push(heartbeat(a, b))).toBe(true);
  });

  it('is full by bytes, and has room again', () => {
    const queue = new MessageQueue(100, 10_000);
    expect([4000, 4000, 4000].map((size) => queue.push(sized(size)))).toEqual([true, true, false]);
    queue.shift();
    expect(queue.push(sized(4000))).toBe(true);
    queue.clear();
    expect([4000, 4000].map((size) => queue.push(sized(size)))).toEqual([true, true]);
  });

  it('takes one message of any size, or that one could never be sent', () => {
    const queue = new MessageQueue(100, 10);
    expect(queue.push(sized(1_000_000))).toBe(true);
    expect(queue.push(heartbeat(a, b))).toBe(false);
    expect(queue.shift()).toBeDefined();
    expect(queue.shift()).toBeUndefined();
  });
});

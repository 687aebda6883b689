import { must, RaftIndex } from '@etcd-ts/foundation';
import { ManualTime, settle } from '@etcd-ts/manual-time';
import { ERRORS } from '@etcd-ts/wire-protocol';

import { ReadQueue } from './read-queue.js';

const TIMEOUT_MS = 7000;
const at = RaftIndex;

function setUp() {
  const time = new ManualTime();
  let lastId = 0n;
  const queue = new ReadQueue(time, TIMEOUT_MS, () => ++lastId);
  const log: string[] = [];
  const read = (name: string): void => {
    queue.wait().then(
      () => log.push(`${name} done`),
      (error: Error) => log.push(`${name}: ${error.message}`),
    );
  };
  const startRound = (): Uint8Array => must(queue.startRound(), 'a round to start');
  return { time, queue, log, read, startRound };
}

describe('linearizable reads', () => {
  it('share one round with all that came before it began', async () => {
    const { queue, log, read, startRound } = setUp();
    read('a');
    read('b');
    const context = startRound();
    expect(queue.confirm(context, at(5))).toBe(true);
    queue.release(at(4));
    await settle();
    expect(log).toEqual([]);
    queue.release(at(5));
    await settle();
    expect(log).toEqual(['a done', 'b done']);
  });

  it('never join a round that has begun', async () => {
    const { queue, log, read, startRound } = setUp();
    read('early');
    const context = startRound();
    read('late');
    expect(queue.startRound()).toBeUndefined();
    queue.confirm(context, at(1));
    queue.release(at(9));
    await settle();
    expect(log).toEqual(['early done']);
    queue.confirm(startRound(), at(2));
    queue.release(at(9));
    await settle();
    expect(log).toEqual(['early done', 'late done']);
  });

  it('ask again under a new context, and the answer to the old one confirms nothing', async () => {
    const { time, queue, log, read, startRound } = setUp();
    read('a');
    const old = startRound();
    await time.advance(499);
    expect(queue.retryRound(500)).toBeUndefined();
    await time.advance(1);
    const context = must(queue.retryRound(500), 'a retry');
    expect(context).not.toEqual(old);
    expect(queue.confirm(old, at(1))).toBe(false);
    queue.release(at(9));
    await settle();
    expect(log).toEqual([]);
    expect(queue.confirm(context, at(1))).toBe(true);
    queue.release(at(9));
    await settle();
    expect(log).toEqual(['a done']);
  });

  it('time out wherever they stand, and count as one slow round each', async () => {
    const { time, queue, log, read, startRound } = setUp();
    read('confirmed');
    queue.confirm(startRound(), at(100));
    read('asked');
    read('asked too');
    startRound();
    await time.advance(TIMEOUT_MS - 1);
    read('waiting');
    expect(queue.expire()).toBe(0);
    await time.advance(1);
    expect(queue.expire()).toBe(2);
    await settle();
    const timeout = ERRORS.Timeout.message;
    expect(log.sort()).toEqual([
      `asked too: ${timeout}`,
      `asked: ${timeout}`,
      `confirmed: ${timeout}`,
    ]);
    // The round of the overdue ones is over: the next may start.
    queue.confirm(startRound(), at(1));
    queue.release(at(1));
    await settle();
    expect(log).toContain('waiting done');
  });

  it('of a round that a former leader was asked fail; those that waited go on', async () => {
    const { queue, log, read, startRound } = setUp();
    read('asked');
    startRound();
    read('waiting');
    queue.failRound(() => ERRORS.LeaderChanged.error());
    queue.confirm(startRound(), at(1));
    queue.release(at(1));
    await settle();
    expect(log).toEqual([`asked: ${ERRORS.LeaderChanged.message}`, 'waiting done']);
  });

  it('all fail when the member ends', async () => {
    const { queue, log, read, startRound } = setUp();
    read('confirmed');
    queue.confirm(startRound(), at(100));
    read('asked');
    startRound();
    read('waiting');
    queue.failAll(() => ERRORS.Stopped.error());
    await settle();
    expect(log.filter((line) => line.endsWith(ERRORS.Stopped.message))).toHaveLength(3);
  });
});

import { HashingLane, MAX_WAITING_JOBS } from './hashing-lane.js';

const patient = (): AbortSignal => new AbortController().signal;

describe('the hashing lane', () => {
  it('does one job at a time, in the order they came', async () => {
    const lane = new HashingLane();
    const order: string[] = [];
    const job = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
      return name;
    };
    const results = ['a', 'b', 'c'].map((name) => lane.run(job(name), patient()));
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c']);
    const names = order.map((line) => line.split(' ')[0]);
    expect(names).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });

  it('goes on after a job that fails', async () => {
    const lane = new HashingLane();
    const failing = lane.run(() => Promise.reject(new Error('bad')), patient());
    const next = lane.run(() => Promise.resolve('fine'), patient());
    await expect(failing).rejects.toThrow('bad');
    expect(await next).toBe('fine');
  });

  it('refuses at once what would have to wait too long, and is open again later', async () => {
    const lane = new HashingLane();
    let finish: () => void = () => undefined;
    const first = lane.run(() => new Promise<void>((resolve) => (finish = resolve)), patient());
    const waiting = Array.from({ length: MAX_WAITING_JOBS }, () =>
      lane.run(() => Promise.resolve(), patient()),
    );
    const late = lane.run(() => Promise.resolve(), patient());
    await expect(late).rejects.toThrow('etcdserver: too many requests');
    finish();
    await Promise.all([first, ...waiting]);
    await lane.run(() => Promise.resolve(), patient());
    expect(lane.waiting).toBe(0);
  });

  it('forgets a job whose client has gone, unless it has begun', async () => {
    const lane = new HashingLane();
    const controller = new AbortController();
    let finish: () => void = () => undefined;
    const begun = lane.run(
      () => new Promise<void>((resolve) => (finish = resolve)),
      controller.signal,
    );
    let ran = false;
    const waiting = lane.run(async () => (ran = true), controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(lane.run(async () => undefined, controller.signal)).rejects.toThrow('gone');
    finish();
    await begun;
    expect(ran).toBe(false);
  });
});

import { longTimeout } from './long-timeout.js';
import { sleep } from './sleep.js';

const DAY_MS = 86_400_000;

describe('waiting for longer than 31 bits of milliseconds', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is not over at once: a lease of a year is renewed every four months', async () => {
    let isOver = false;
    const sleeping = sleep((365 / 3) * DAY_MS, []).then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(121 * DAY_MS);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(DAY_MS);
    await sleeping;
    expect(isOver).toBe(true);
  });

  it('can be given up at any time', () => {
    let calls = 0;
    const clear = longTimeout(300 * DAY_MS, () => calls++);
    jest.advanceTimersByTime(100 * DAY_MS);
    clear();
    jest.advanceTimersByTime(300 * DAY_MS);
    expect(calls).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

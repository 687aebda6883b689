import { SYSTEM_SCHEDULER } from './system-time.js';

const DAY_MS = 86_400_000;

describe('the timers of a member', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('call every thirty days what is to be done every thirty days, not every millisecond', () => {
    let calls = 0;
    const cancel = SYSTEM_SCHEDULER.every(30 * DAY_MS, () => calls++);
    jest.advanceTimersByTime(29 * DAY_MS);
    expect(calls).toBe(0);
    jest.advanceTimersByTime(62 * DAY_MS);
    expect(calls).toBe(3);
    cancel();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not call at once what is due next year', () => {
    let calls = 0;
    SYSTEM_SCHEDULER.after(365 * DAY_MS, () => calls++);
    jest.advanceTimersByTime(364 * DAY_MS);
    expect(calls).toBe(0);
    jest.advanceTimersByTime(2 * DAY_MS);
    expect(calls).toBe(1);
  });
});

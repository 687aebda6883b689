import { INTERVAL_MS, LimitedLog, MAX_LINES } from './limited-log.js';
import {
  ATTEMPT_EVERY_MS,
  FREE_ATTEMPTS,
  LoginThrottle,
  MAX_REMEMBERED,
} from './login-throttle.js';
import { TestClock, warningLog } from './testing/clock-and-log.js';

function openThrottle() {
  const clock = new TestClock();
  const logger = warningLog();
  const throttle = new LoginThrottle(clock, new LimitedLog(clock, logger));
  const fail = (times: number, user = 'u', address = '10.0.0.1') => {
    for (let time = 0; time < times; time++) throttle.failed(user, address);
  };
  return { throttle, clock, logger, fail };
}

describe('the login throttle', () => {
  it('lets a client be wrong a few times, and then once in a while', () => {
    const { throttle, clock, fail } = openThrottle();
    fail(FREE_ATTEMPTS - 1);
    expect(throttle.admits('u', '10.0.0.1')).toBe(true);
    fail(1);
    expect(throttle.admits('u', '10.0.0.1')).toBe(false);
    clock.nowMs += ATTEMPT_EVERY_MS;
    expect(throttle.admits('u', '10.0.0.1')).toBe(true);
    fail(1);
    expect(throttle.admits('u', '10.0.0.1')).toBe(false);
    clock.nowMs += ATTEMPT_EVERY_MS * 1_000;
    fail(FREE_ATTEMPTS);
    expect(throttle.admits('u', '10.0.0.1')).toBe(false);
  });

  it('does not let anybody lock out others', () => {
    const { throttle, fail } = openThrottle();
    fail(1_000);
    expect(throttle.admits('u', '10.0.0.2')).toBe(true);
    expect(throttle.admits('v', '10.0.0.1')).toBe(true);
  });

  it('remembers many clients, not all there could be', () => {
    const { throttle, fail } = openThrottle();
    for (let at = 0; at < MAX_REMEMBERED + 50; at++) fail(1, `u${at}`);
    expect(throttle.remembered).toBe(MAX_REMEMBERED);
  });

  it('says what it does, and not too often', () => {
    const { throttle, clock, logger, fail } = openThrottle();
    fail(FREE_ATTEMPTS * 10);
    for (let attempt = 0; attempt < 500; attempt++) throttle.admits('u', '10.0.0.1');
    expect(logger.warnings).toHaveLength(MAX_LINES);
    expect(logger.warnings[0]).toEqual({
      message: 'refused a login without looking at it after too many wrong ones',
      fields: { user: 'u', 'remote-address': '10.0.0.1' },
    });
    clock.nowMs += INTERVAL_MS;
    fail(FREE_ATTEMPTS * 10);
    throttle.admits('u', '10.0.0.1');
    expect(logger.warnings.at(-1)?.fields).toMatchObject({ 'suppressed-lines': 500 - MAX_LINES });
  });
});

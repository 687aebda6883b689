import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

  it('keeps no name, however long: ten thousand strangers cannot fill the memory', () => {
    const { throttle, logger } = openThrottle();
    const before = usedBytes();
    for (let stranger = 0; stranger < 60; stranger++) {
      // A string of its own, and no rope of shared pieces.
      const name = Buffer.alloc(2 ** 20, `${stranger} `).toString('latin1');
      throttle.failed(name, '10.0.0.1');
      throttle.admits(name, '10.0.0.1');
    }
    expect(throttle.remembered).toBe(60);
    expect(usedBytes() - before).toBeLessThan(10 * 2 ** 20);
    const long = 'n'.repeat(2 ** 20);
    for (let time = 0; time < FREE_ATTEMPTS; time++) throttle.failed(long, '10.0.0.1');
    expect(throttle.admits(long, '10.0.0.1')).toBe(false);
    expect(logger.warnings).toHaveLength(1);
    expect(JSON.stringify(logger.warnings).length).toBeLessThan(1_000);
  });
});

function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

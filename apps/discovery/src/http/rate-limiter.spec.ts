import { networkOf, RateLimiter } from './rate-limiter.js';

class TestClock {
  nowMs = 0;
  monotonicMs = (): number => this.nowMs;
  wallMs = (): number => this.nowMs;
}

describe('a rate limiter', () => {
  it('lets a minute’s worth through at once, and then one after the other', () => {
    const clock = new TestClock();
    const limiter = new RateLimiter(60, clock);
    const taken = Array.from({ length: 61 }, () => limiter.take('10.0.0.1'));
    expect(taken).toEqual([...Array<number>(60).fill(0), 1]);
    clock.nowMs += 1000;
    expect([limiter.take('10.0.0.1'), limiter.take('10.0.0.1')]).toEqual([0, 1]);
  });

  it('counts each address for itself', () => {
    const limiter = new RateLimiter(1, new TestClock());
    expect(['a', 'b', 'a'].map((address) => limiter.take(address))).toEqual([0, 0, 60]);
  });

  it('lets everything through when it is switched off', () => {
    const limiter = new RateLimiter(0, new TestClock());
    expect(Array.from({ length: 1000 }, () => limiter.take('a')).every((wait) => wait === 0)).toBe(
      true,
    );
  });

  it('forgets whom it has not seen for longest, not whom it limits', () => {
    const limiter = new RateLimiter(1, new TestClock());
    for (let i = 0; i < 60_000; i++) {
      limiter.take(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
      if (i % 10_000 === 0) limiter.take('the busy one');
    }
    expect(limiter.take('the busy one')).toBeGreaterThan(0);
    expect(limiter.take('10.0.0.0')).toBe(0);
  });
});

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:0:1::5', '2001:db8:0:1::/64'],
  ['2001:0db8:0000:0001:ffff::5', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s counts as %s', (address, network) => expect(networkOf(address)).toBe(network));

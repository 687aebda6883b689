import type { FailpointHost } from './registry.js';
import { FailpointRegistry } from './registry.js';

class Panic extends Error {}

function fixture(random: () => number = () => 0) {
  const seen: string[] = [];
  const host: FailpointHost = {
    panic: (message) => {
      throw new Panic(message);
    },
    sleep: (durationMs) => void seen.push(`slept ${durationMs}`),
    print: (line) => void seen.push(line),
    random,
  };
  return { registry: new FailpointRegistry(host), seen };
}

describe('a failpoint', () => {
  it('does nothing until it is set, and nothing once it is unset', () => {
    const { registry } = fixture();
    expect(registry.reach('beforeCommit')).toBeUndefined();
    expect(registry.set('beforeCommit', 'return')).toBe('ok');
    expect(registry.reach('beforeCommit')).toBe(true);
    expect(registry.reach('afterCommit')).toBeUndefined();
    expect(registry.unset('beforeCommit')).toBe(true);
    expect(registry.unset('beforeCommit')).toBe(false);
    expect(registry.reach('beforeCommit')).toBeUndefined();
  });

  it('ends the process with its name', () => {
    const { registry } = fixture();
    registry.set('raftBeforeSave', 'panic');
    expect(() => registry.reach('raftBeforeSave')).toThrow('failpoint panic: raftBeforeSave');
  });

  it.each([
    ['sleep(100)', 'slept 100'],
    ['sleep("1.5s")', 'slept 1500'],
    ['sleep("1m2s3ms")', 'slept 62003'],
    ['sleep("soon")', 'failpoint: ignoring sleep on walBeforeSync'],
    ['print', 'failpoint print: walBeforeSync'],
  ])('set to %s: %s', (terms, expected) => {
    const { registry, seen } = fixture();
    expect(registry.set('walBeforeSync', terms)).toBe('ok');
    expect(registry.reach('walBeforeSync')).toBeUndefined();
    expect(seen).toEqual([expected]);
  });

  it('takes the next term when the count of one is used up, and counts what acted', () => {
    const { registry } = fixture();
    registry.set('beforeCommit', '2*return("abc")->1*return(7)');
    const got = Array.from({ length: 4 }, () => registry.reach('beforeCommit'));
    expect(got).toEqual(['abc', 'abc', 7, undefined]);
    expect(registry.status('beforeCommit')).toEqual({
      terms: '2*return("abc")->1*return(7)',
      executions: 3,
    });
  });

  it('acts as often as its share says', () => {
    const numbers = [0.1, 0.39, 0.4, 0.9];
    const { registry } = fixture(() => numbers.shift() ?? 1);
    registry.set('beforeCommit', '40.0%return(true)');
    const got = Array.from({ length: 4 }, () => registry.reach('beforeCommit'));
    expect(got).toEqual([true, true, undefined, undefined]);
  });

  it.each(['', 'explode', '2*', '40%panic', 'panic->', 'sleep(10s)', 'return(', 'panic panic'])(
    'is not set by %j',
    (terms) => {
      const { registry } = fixture();
      expect(registry.set('beforeCommit', terms)).toBe('malformed');
      expect(registry.status('beforeCommit')).toBeUndefined();
    },
  );

  it('is set with others by one text, or with none of them', () => {
    const { registry } = fixture();
    expect(registry.setAll('beforeCommit=panic;afterCommit=sleep(5);')).toBe('ok');
    expect(registry.status('afterCommit')?.terms).toBe('sleep(5)');
    expect(registry.setAll('beforeCommit=off;nobody=panic')).toBe('unknown');
    expect(registry.setAll('beforeCommit=off;afterCommit')).toBe('malformed');
    expect(registry.status('beforeCommit')?.terms).toBe('panic');
  });
});

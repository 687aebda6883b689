import { SeededRng } from '@etcd-ts/foundation';

import type { Outcome } from './history.js';
import { checkLeases } from './lease-check.js';
import type { LeaseCheckOptions } from './lease-check.js';
import { checkRevisions } from './revision-check.js';
import { honestRun } from './testing/honest-run.js';
import { happening, historyOf, ok, put, read, UNKNOWN } from './testing/story.js';
import type { Happening } from './testing/story.js';
import { explain } from './verdict.js';
import { LeaseWorkload } from './workload/leases.js';

const lease = 7n;
const TTL = 10;
const GONE: Outcome = { kind: 'failed', failure: 'leaseNotFound' };

type At = readonly [number, number];
const grant = (at: At): Happening =>
  happening(
    { kind: 'leaseGrant', lease, ttlSeconds: TTL },
    at,
    ok(1, { kind: 'leaseGrant', ttlSeconds: TTL }),
  );
const attach = (key: string, at: At, revision: number): Happening =>
  happening({ kind: 'put', key, value: '1', lease }, at, ok(revision, { kind: 'put' }));
const renew = (
  at: At,
  outcome: Outcome = ok(1, { kind: 'leaseKeepAlive', ttlSeconds: TTL }),
): Happening => happening({ kind: 'leaseKeepAlive', lease }, at, outcome);
const revoke = (at: At, outcome: Outcome): Happening =>
  happening({ kind: 'leaseRevoke', lease }, at, outcome);

function judge(happenings: readonly Happening[], options: LeaseCheckOptions = {}): string {
  const history = historyOf(...happenings);
  const order = checkRevisions(history);
  if (order.kind !== 'ok') return order.kind;
  const verdict = checkLeases(history, order.timeline, order.explanations, options);
  return verdict.kind === 'violation' ? verdict.violation.rule : verdict.kind;
}

// One tick of the clock is a second.
const GOOD: [string, Happening[]][] = [
  [
    'keys that go when the TTL is over',
    [grant([1, 2]), attach('a', [3, 4], 2), read('a', [11, 12], 3, undefined)],
  ],
  [
    'keys that go early because of a revoke without an answer',
    [
      grant([1, 2]),
      attach('a', [3, 4], 2),
      revoke([5, 6], UNKNOWN),
      read('a', [7, 8], 3, undefined),
    ],
  ],
  ['a lease that is not found after its time', [grant([1, 2]), renew([12, 13], GONE)]],
  [
    'a lease that is not found after its revoke',
    [grant([1, 2]), revoke([3, 4], ok(1, { kind: 'leaseRevoke' })), renew([5, 6], GONE)],
  ],
  [
    'a renewal that may have come before the grant',
    [renew([1, 5], GONE), grant([2, 3]), renew([6, 7])],
  ],
  [
    'a renewal without an answer, after which nothing is certain',
    [grant([1, 2]), renew([5, 6], UNKNOWN), renew([12, 13], GONE)],
  ],
];

describe('the lease check accepts', () => {
  it.each(GOOD)('%s', (_what, happenings) => {
    expect(judge(happenings)).toBe('ok');
  });
});

const BAD: [string, string, Happening[]][] = [
  [
    'keys that go before the TTL is over',
    'lease-early',
    [grant([1, 2]), attach('a', [3, 4], 2), read('a', [8, 9], 3, undefined)],
  ],
  [
    'keys that go at the old time although the lease was renewed',
    'lease-early',
    [grant([1, 2]), attach('a', [3, 4], 2), renew([8, 9]), read('a', [12, 13], 3, undefined)],
  ],
  [
    'keys that go early, seen only by a later revision',
    'lease-early',
    [
      grant([1, 2]),
      attach('a', [3, 4], 2),
      put('b', '1', [5, 6], 4),
      read('a', [20, 21], 4, undefined),
    ],
  ],
  ['a lease that is not found in its time', 'lease-early', [grant([1, 2]), renew([5, 6], GONE)]],
  [
    'a renewal after a revoke',
    'lease-undead',
    [grant([1, 2]), revoke([3, 4], ok(1, { kind: 'leaseRevoke' })), renew([5, 6])],
  ],
  [
    'a renewal after the lease was not found',
    'lease-undead',
    [grant([1, 2]), renew([12, 13], GONE), renew([14, 15])],
  ],
];

describe('the lease check rejects', () => {
  it.each(BAD)('%s', (_what, rule, happenings) => {
    expect(judge(happenings)).toBe(rule);
  });

  it('keys long after the end of their lease, if asked to', () => {
    const happenings = [grant([1, 2]), attach('a', [3, 4], 2)];
    expect(judge(happenings, { overdue: { endMs: 20_000, slackMs: 5_000 } })).toBe('lease-overdue');
    expect(judge(happenings, { overdue: { endMs: 16_000, slackMs: 5_000 } })).toBe('ok');
    expect(judge(happenings)).toBe('ok');
  });

  it('by the fastest clock there may be', () => {
    const happenings = [grant([1, 2]), renew([10, 10.5], GONE)];
    expect(judge(happenings)).toBe('lease-early');
    expect(judge(happenings, { fastestClock: 1.1 })).toBe('ok');
  });

  it('more, the earlier somebody saw the revision', () => {
    const happenings = [grant([1, 2]), attach('a', [3, 4], 2), read('a', [20, 21], 3, undefined)];
    expect(judge(happenings)).toBe('ok');
    expect(judge(happenings, { sightings: [{ revision: 3, atMs: 6_000 }] })).toBe('lease-early');
  });
});

describe('an honest store', () => {
  it('passes the lease check; one that lets leases live half as long does not', () => {
    let caught = 0;
    for (let seed = 1; seed <= 15; seed++) {
      const run = (lifetime: number) =>
        honestRun({
          rng: new SeededRng(seed),
          workload: new LeaseWorkload({ ttlSeconds: 1 }),
          operations: 400,
          clients: 4,
          lostPerHundred: 2,
          lifetime,
        });
      const check = ({ history, timeline }: ReturnType<typeof run>) => {
        const order = checkRevisions(history, { maxSteps: 50_000 });
        if (order.kind !== 'ok') return order;
        expect(order.timeline.revision).toBeLessThanOrEqual(timeline.revision);
        return checkLeases(history, order.timeline, order.explanations);
      };
      const honest = check(run(1));
      expect(honest.kind === 'violation' ? explain(honest.violation) : '').toBe('');
      if (check(run(0.5)).kind === 'violation') caught++;
    }
    expect(caught).toBeGreaterThan(10);
  });
});

import { checkFencing, checkMutualExclusion, checkSet } from './lock-check.js';
import type { LockHold } from './lock-check.js';
import type { Verdict } from './verdict.js';

const rule = (verdict: Verdict): string =>
  verdict.kind === 'violation' ? verdict.violation.rule : verdict.kind;

const hold = (
  token: number,
  heldFrom: number,
  heldTo: number,
  askedAt = heldFrom - 1,
): LockHold => ({
  client: token,
  token,
  askedAt,
  heldFrom,
  heldTo,
});
const write = (token: number, revision: number) => ({ token, revision });

describe('the fencing check', () => {
  it('accepts growing tokens, also of holders that overlap', () => {
    const holds = [hold(2, 1, 10), hold(5, 5, 12)];
    expect(rule(checkFencing(holds, [write(2, 3), write(2, 4), write(5, 6)]))).toBe('ok');
  });

  it.each<[string, string, LockHold[], { token: number; revision: number }[]]>([
    [
      'a write with an old token after one with a new',
      'lock-fence',
      [hold(2, 1, 10), hold(5, 5, 12)],
      [write(5, 6), write(2, 7)],
    ],
    ['a token that nobody has', 'lock-token', [hold(2, 1, 10)], [write(3, 4)]],
    ['one token for two', 'lock-token', [hold(2, 1, 3), hold(2, 5, 7)], []],
    ['a later holder with an older token', 'lock-token', [hold(5, 1, 3), hold(2, 5, 7)], []],
  ])('rejects %s', (_what, expected, holds, writes) => {
    expect(rule(checkFencing(holds, writes))).toBe(expected);
  });
});

describe('the check for mutual exclusion', () => {
  it('accepts one holder after the other, and rejects two at a time', () => {
    expect(rule(checkMutualExclusion([hold(5, 4, 6), hold(2, 1, 3)]))).toBe('ok');
    expect(rule(checkMutualExclusion([hold(2, 1, 10), hold(3, 2, 3), hold(5, 9, 12)]))).toBe(
      'lock-shared',
    );
    expect(rule(checkMutualExclusion([hold(2, 1, Infinity), hold(5, 9, 12)]))).toBe('lock-shared');
  });
});

describe('the set check', () => {
  const adds = [
    { element: 'a', outcome: 'ok' },
    { element: 'b', outcome: 'unknown' },
    { element: 'c', outcome: 'failed' },
  ] as const;

  it.each<[string, string[]]>([
    ['ok', ['a']],
    ['ok', ['b', 'a']],
    ['set-lost', ['b']],
    ['set-duplicate', ['a', 'a']],
    ['set-phantom', ['a', 'c']],
    ['set-phantom', ['a', 'x']],
  ])('says %s of %j', (expected, final) => {
    expect(rule(checkSet(adds, final))).toBe(expected);
  });
});

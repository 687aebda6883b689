import { checkRevisions } from './revision-check.js';
import { again, BROKEN_HISTORIES, LEGAL_HISTORIES } from './testing/known-histories.js';
import { happening, historyOf, kv, lostPut, ok, put, read, UNKNOWN } from './testing/story.js';
import { explain } from './verdict.js';

describe('the revision check accepts', () => {
  it.each(LEGAL_HISTORIES)('%s', (_what, happenings) => {
    expect(checkRevisions(historyOf(...happenings)).kind).toBe('ok');
  });
});

describe('the revision check rejects', () => {
  it.each(BROKEN_HISTORIES)('%s', (_what, rule, happenings) => {
    const verdict = checkRevisions(historyOf(...happenings));
    expect(verdict.kind === 'violation' ? verdict.violation.rule : verdict.kind).toBe(rule);
  });

  it('an acknowledged write that the event log does not have', () => {
    const logs = [
      {
        from: 2,
        through: 3,
        revisions: [{ revision: 2, changes: [{ key: 'b', kv: kv('b', '1', 2) }] }],
      },
    ];
    const history = historyOf(put('a', '1', [1, 2], 2), lostPut('b', '1', 1));
    const verdict = checkRevisions(history, { logs });
    expect(verdict).toMatchObject({ kind: 'violation', violation: { rule: 'lost-write' } });
  });
});

describe('the revision check', () => {
  it('takes from the event log which of several lost writes happened, and says so', () => {
    const history = historyOf(lostPut('a', '1', 1), lostPut('b', '1', 2), put('c', '1', [3, 4], 3));
    const revisions = [
      { revision: 2, changes: [{ key: 'b', kv: kv('b', '1', 2) }] },
      { revision: 3, changes: [{ key: 'c', kv: kv('c', '1', 3) }] },
    ];
    const verdict = checkRevisions(history, { logs: [{ from: 2, through: 3, revisions }] });
    expect(verdict.kind).toBe('ok');
    if (verdict.kind !== 'ok') return;
    expect(verdict.explanations.get(2)).toBe(history[1]);
    expect(verdict.timeline.get('b')).toEqual(kv('b', '1', 2));
  });

  it('gives a lost write to a later revision when only it can have made that', () => {
    const part = (key: string) => ({ kind: 'deleteRange', key }) as const;
    const both = {
      kind: 'txn',
      compares: [],
      success: [part('a'), part('b')],
      failure: [],
    } as const;
    const history = historyOf(
      put('a', '1', [1, 2], 2),
      happening(both, [3, 4], UNKNOWN),
      happening(part('a'), [5, 6], UNKNOWN),
      put('a', '2', [7, 8], 4),
      put('b', '1', [9, 10], 5),
    );
    const removed = (...keys: string[]) => keys.map((key) => ({ key, kv: undefined }));
    const known = [
      { revision: 2, changes: [{ key: 'a', kv: kv('a', '1', 2) }] },
      { revision: 3, changes: removed('a') },
      { revision: 4, changes: [{ key: 'a', kv: kv('a', '2', 4) }] },
      { revision: 5, changes: [{ key: 'b', kv: kv('b', '1', 5) }] },
      { revision: 6, changes: removed('a', 'b') },
    ];
    const logOf = (revisions: typeof known) => [
      { from: 2, through: revisions.length + 1, revisions },
    ];
    expect(checkRevisions(history, { logs: logOf(known) }).kind).toBe('ok');
    const again = { revision: 7, changes: [{ key: 'b', kv: kv('b', '1', 7) }] };
    expect(checkRevisions(history, { logs: logOf([...known, again]) }).kind).toBe('violation');
  });

  it('gives up when its budget is spent, instead of guessing', () => {
    const history = historyOf(
      ...Array.from({ length: 12 }, (_, i) => lostPut('a', `${i}`, i + 1)),
      put('a', 'last', [20, 21], 8),
      read('a', [22, 23], 8, again('last', 8, 99)),
    );
    expect(checkRevisions(history, { maxSteps: 50 }).kind).toBe('unknown');
    expect(checkRevisions(history, { expired: () => true, maxSteps: 100_000 }).kind).toBe(
      'unknown',
    );
  });

  it('explains a violation by the operations that contradict each other', () => {
    const verdict = checkRevisions(
      historyOf(
        put('a', '1', [1, 2], 2),
        put('a', '2', [3, 4], 3),
        read('a', [5, 6], 2, kv('a', '1', 2)),
      ),
    );
    const text = verdict.kind === 'violation' ? explain(verdict.violation) : '';
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toContain('stale-read: #2 was invoked after #1 had returned');
  });

  it('lets a range of keys only leave out leases, as etcd 3.7, or tell them, as 3.4', () => {
    const leased = { kind: 'put', key: 'a', value: '1', lease: 7n } as const;
    const keys = { kind: 'range', key: 'a', keysOnly: true } as const;
    const answered = (lease: bigint, version = 1): string => {
      const kvs = [kv('a', '', 2, { lease, version })];
      return checkRevisions(
        historyOf(
          happening(leased, [1, 2], ok(2, { kind: 'put' })),
          happening(keys, [3, 4], ok(2, { kind: 'range', kvs, count: 1, more: false })),
        ),
      ).kind;
    };
    expect([answered(0n), answered(7n), answered(7n, 2)]).toEqual(['ok', 'ok', 'violation']);
  });

  it('goes on from a baseline', () => {
    const base = { revision: 50, kvs: [kv('a', '1', 40)] };
    expect(checkRevisions(historyOf(read('a', [1, 2], 50, kv('a', '1', 40))), { base }).kind).toBe(
      'ok',
    );
    expect(checkRevisions(historyOf(read('a', [1, 2], 50, undefined)), { base }).kind).toBe(
      'violation',
    );
  });
});

import { SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry, Outcome } from './history.js';
import type { KeyValue, Operation } from './operation.js';
import type { EventLog } from './order/evidence.js';
import { checkRevisions } from './revision-check.js';
import { existsAnOrder } from './testing/brute-force.js';
import { honestRun } from './testing/honest-run.js';
import {
  happening,
  historyOf,
  kv,
  lostPut,
  NOT_SERVED,
  ok,
  put,
  read,
  remove,
  UNKNOWN,
} from './testing/story.js';
import type { Happening } from './testing/story.js';
import type { Timeline } from './timeline.js';
import { explain } from './verdict.js';
import { EtcdMixWorkload, KubernetesMixWorkload } from './workload/mixes.js';
import { LeaseWorkload } from './workload/leases.js';
import { ListAppendWorkload } from './workload/lists.js';
import { LockWorkload } from './workload/locks.js';
import { RegisterWorkload } from './workload/registers.js';
import type { Workload } from './workload/workload.js';

const again = (value: string, modRevision: number, version: number): KeyValue =>
  kv('a', value, modRevision, { createRevision: 2, version });

const lease = 7n;
const leasedPut = (key: string, at: readonly [number, number], revision: number): Happening =>
  happening({ kind: 'put', key, value: 'x', lease }, at, ok(revision, { kind: 'put' }));
const revoke = (at: readonly [number, number], revision: number): Happening =>
  happening({ kind: 'leaseRevoke', lease }, at, ok(revision, { kind: 'leaseRevoke' }));
const leased = (key: string, revision: number): KeyValue => kv(key, 'x', revision, { lease });

const swap = (
  at: readonly [number, number],
  revision: number,
  seen: number,
  value: string,
): Happening => {
  const operation: Operation = {
    kind: 'txn',
    compares: [{ key: 'a', result: 'equal', target: { kind: 'mod', value: seen } }],
    success: [{ kind: 'put', key: 'a', value }],
    failure: [],
  };
  return happening(
    operation,
    at,
    ok(revision, { kind: 'txn', succeeded: true, results: [{ kind: 'put' }] }),
  );
};

const compact = (revision: number, at: readonly [number, number]): Happening =>
  happening({ kind: 'compact', revision }, at, ok(3, { kind: 'compact' }));
const readAt = (revision: number, at: readonly [number, number], seen?: KeyValue): Happening => {
  const kvs = seen === undefined ? [] : [seen];
  const result = { kind: 'range', kvs, count: kvs.length, more: false } as const;
  return happening({ kind: 'range', key: 'a', revision }, at, ok(3, result));
};
const refusedAt = (
  revision: number,
  at: readonly [number, number],
  failure: 'compacted' | 'futureRevision',
): Happening => happening({ kind: 'range', key: 'a', revision }, at, { kind: 'failed', failure });

describe('the revision check accepts', () => {
  it.each<[string, Happening[]]>([
    ['nothing at all', []],
    [
      'a write and a read after it',
      [put('a', '1', [1, 2], 2), read('a', [3, 4], 2, kv('a', '1', 2))],
    ],
    [
      'a read beside a write that sees it',
      [put('a', '1', [1, 4], 2), read('a', [2, 3], 2, kv('a', '1', 2))],
    ],
    [
      'a read beside a write that does not',
      [put('a', '1', [1, 4], 2), read('a', [2, 3], 1, undefined)],
    ],
    [
      'concurrent writes in the order opposite to their answers',
      [put('a', '1', [1, 5], 3), put('a', '2', [2, 3], 2)],
    ],
    [
      'a write without an answer that never happened',
      [lostPut('a', '1', 1), read('a', [2, 3], 1, undefined)],
    ],
    [
      'a write without an answer that happened later',
      [
        lostPut('a', '1', 1),
        read('a', [2, 3], 1, undefined),
        read('a', [4, 5], 2, kv('a', '1', 2)),
      ],
    ],
    [
      'two writes without an answer, of which only the second can be the one that is overwritten',
      [
        lostPut('b', '1', 1),
        lostPut('a', '1', 2),
        put('a', '2', [3, 4], 3),
        read('a', [5, 6], 3, again('2', 3, 2)),
      ],
    ],
    [
      'a serializable read of an old state',
      [put('a', '1', [1, 2], 2), read('a', [3, 4], 1, undefined, { serializable: true })],
    ],
    [
      'a delete of nothing, which makes no revision',
      [remove('a', [1, 2], 1, 0), put('a', '1', [3, 4], 2)],
    ],
    [
      'keys that go with their lease, in one revision nobody was told about',
      [leasedPut('a', [1, 2], 2), leasedPut('b', [3, 4], 3), read('a', [5, 6], 4, undefined)],
    ],
    [
      'a revoke whose header is from later',
      [leasedPut('a', [1, 2], 2), put('b', '1', [4, 6], 4), revoke([3, 7], 4)],
    ],
    [
      'a read at the compacted revision',
      [
        put('a', '1', [1, 2], 2),
        put('b', '1', [3, 4], 3),
        compact(2, [5, 6]),
        readAt(2, [7, 8], kv('a', '1', 2)),
      ],
    ],
    [
      'a refusal because of a compaction that is under way',
      [
        put('a', '1', [1, 2], 2),
        happening({ kind: 'compact', revision: 2 }, [3, 9], UNKNOWN),
        refusedAt(1, [4, 5], 'compacted'),
      ],
    ],
  ])('%s', (_what, happenings) => {
    expect(checkRevisions(historyOf(...happenings)).kind).toBe('ok');
  });
});

describe('the revision check rejects', () => {
  it.each<[string, string, Happening[]]>([
    [
      'a lost update',
      'wrong-answer',
      [put('a', '1', [1, 2], 2), swap([3, 6], 3, 2, 'x'), swap([4, 7], 4, 2, 'y')],
    ],
    [
      'a stale read',
      'stale-read',
      [put('a', '1', [1, 2], 2), put('a', '2', [3, 4], 3), read('a', [5, 6], 2, kv('a', '1', 2))],
    ],
    [
      'a stale read with a fresh header',
      'wrong-read',
      [put('a', '1', [1, 2], 2), put('a', '2', [3, 4], 3), read('a', [5, 6], 3, kv('a', '1', 2))],
    ],
    [
      'a write that goes before one that had returned',
      'write-reordered',
      [put('a', '1', [1, 2], 3), put('b', '2', [3, 4], 2)],
    ],
    [
      'a phantom',
      'phantom-revision',
      [put('a', '1', [1, 2], 2), read('b', [3, 4], 3, kv('b', '1', 3)), put('c', '1', [5, 6], 4)],
    ],
    [
      'an unanswered write that happened twice',
      'phantom-revision',
      [
        lostPut('a', '1', 1),
        read('a', [2, 3], 2, kv('a', '1', 2)),
        read('a', [4, 5], 3, again('1', 3, 2)),
      ],
    ],
    [
      'an answered write that happened twice',
      'phantom-revision',
      [put('a', '1', [1, 2], 2), read('a', [3, 4], 3, again('1', 3, 2))],
    ],
    [
      'a read from the future',
      'write-reordered',
      [read('a', [1, 2], 2, kv('a', '1', 2)), put('a', '1', [3, 4], 2)],
    ],
    [
      'a read from the future on one member',
      'write-reordered',
      [read('a', [1, 2], 2, kv('a', '1', 2), { serializable: true }), put('a', '1', [3, 4], 2)],
    ],
    [
      'a gap in the revisions',
      'phantom-revision',
      [put('a', '1', [1, 2], 2), put('b', '1', [3, 4], 4)],
    ],
    [
      'a gap only later requests could fill',
      'phantom-revision',
      [put('a', '1', [1, 2], 3), lostPut('b', '1', 3)],
    ],
    [
      'two writes at one revision',
      'duplicate-revision',
      [put('a', '1', [1, 4], 2), put('b', '1', [2, 3], 2)],
    ],
    [
      'a write at the revision of the fresh store',
      'duplicate-revision',
      [put('a', '1', [1, 4], 1)],
    ],
    ['a revision out of reach', 'impossible-revision', [put('a', '1', [1, 4], 1_000_000)]],
    [
      'the effect of a write that failed',
      'phantom-revision',
      [
        happening({ kind: 'put', key: 'a', value: '1' }, [1, 2], NOT_SERVED),
        read('a', [3, 4], 2, kv('a', '1', 2)),
      ],
    ],
    [
      'an acknowledged write that is gone',
      'wrong-read',
      [put('a', '1', [1, 2], 2), read('a', [3, 4], 2, undefined)],
    ],
    [
      'a deleted key that is back',
      'wrong-read',
      [put('a', '1', [1, 2], 2), remove('a', [3, 4], 3, 1), read('a', [5, 6], 3, kv('a', '1', 2))],
    ],
    [
      'half a transaction',
      'wrong-read',
      [
        happening(
          {
            kind: 'txn',
            compares: [],
            success: [
              { kind: 'put', key: 'a', value: '1' },
              { kind: 'put', key: 'b', value: '1' },
            ],
            failure: [],
          },
          [1, 2],
          ok(2, { kind: 'txn', succeeded: true, results: [{ kind: 'put' }, { kind: 'put' }] }),
        ),
        read('b', [3, 4], 2, undefined),
      ],
    ],
    [
      'two answers that disagree about one revision',
      'disagreeing-reads',
      [
        lostPut('a', '1', 1),
        lostPut('a', '2', 2),
        read('a', [3, 4], 2, kv('a', '1', 2)),
        read('a', [5, 6], 2, kv('a', '2', 2)),
      ],
    ],
    [
      'a member that goes back',
      'revision-went-back',
      [
        put('a', '1', [1, 2], 2),
        read('a', [3, 4], 2, kv('a', '1', 2), { serializable: true, member: 'm' }),
        read('a', [5, 6], 1, undefined, { serializable: true, member: 'm' }),
      ],
    ],
    [
      'a lease revoked without its keys',
      'lease-keys-left',
      [leasedPut('a', [1, 2], 2), revoke([3, 4], 2)],
    ],
    [
      'keys of a lease that go one by one',
      'wrong-read',
      [
        leasedPut('a', [1, 2], 2),
        leasedPut('b', [3, 4], 3),
        read('a', [5, 6], 4, undefined),
        read('b', [7, 8], 4, leased('b', 3)),
      ],
    ],
    [
      'a write under a lease that is over',
      'dead-lease',
      [leasedPut('a', [1, 2], 2), revoke([3, 4], 3), leasedPut('a', [5, 6], 4)],
    ],
    [
      'a read below a finished compaction',
      'compacted-read',
      [
        put('a', '1', [1, 2], 2),
        put('b', '1', [3, 4], 3),
        compact(3, [5, 6]),
        readAt(2, [7, 8], kv('a', '1', 2)),
      ],
    ],
    [
      'a compaction nobody asked for',
      'wrong-refusal',
      [put('a', '1', [1, 2], 2), refusedAt(1, [3, 4], 'compacted')],
    ],
    [
      'a refusal of a revision that is there',
      'wrong-refusal',
      [put('a', '1', [1, 2], 2), refusedAt(2, [3, 4], 'futureRevision')],
    ],
    ['a compaction of the future', 'compacted-future', [compact(4, [1, 2])]],
  ])('%s', (_what, rule, happenings) => {
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

const WORKLOADS: readonly (readonly [string, () => Workload])[] = [
  ['registers', () => new RegisterWorkload()],
  ['list appends', () => new ListAppendWorkload()],
  ['the etcd mix', () => new EtcdMixWorkload()],
  ['the Kubernetes mix', () => new KubernetesMixWorkload()],
  ['leases', () => new LeaseWorkload()],
  ['locks', () => new LockWorkload({ fenced: true })],
];

describe('an honest store passes the revision check', () => {
  it.each(WORKLOADS)(
    'under %s with lost answers, late effects and lagging members',
    (_name, create) => {
      for (let seed = 1; seed <= 8; seed++) {
        const { history, timeline } = honestRun({
          rng: new SeededRng(seed),
          workload: create(),
          operations: 400,
          clients: 6,
          lostPerHundred: 5,
          compactions: true,
        });
        const revisions = Array.from({ length: timeline.revision - 1 }, (_, i) => ({
          revision: i + 2,
          changes: timeline.changesAt(i + 2),
        }));
        const logs = [{ from: 2, through: timeline.revision, revisions }];
        const withLog = checkRevisions(history, { logs });
        expect(withLog.kind === 'violation' ? explain(withLog.violation) : withLog.kind).toBe('ok');
        // Without the log the guesses must never end in a false alarm; giving up is allowed.
        const without = checkRevisions(history, { maxSteps: 20_000 });
        expect(without.kind === 'violation' ? explain(without.violation) : '').toBe('');
      }
    },
  );
});

function completeLog(timeline: Timeline): EventLog {
  const revisions = Array.from({ length: timeline.revision - 1 }, (_, i) => ({
    revision: i + 2,
    changes: timeline.changesAt(i + 2),
  }));
  return { from: 2, through: timeline.revision, revisions };
}

/** Each turns an answer that was right into one that cannot be. */
const LIES: readonly (readonly [
  string,
  (entry: AnsweredEntry, rng: Rng) => Outcome | undefined,
])[] = [
  [
    'a value that was overwritten',
    ({ outcome }) =>
      changeKvs(outcome, ([first, ...rest]) =>
        first === undefined || first.version === 1
          ? undefined
          : [{ ...first, version: first.version - 1, modRevision: first.createRevision }, ...rest],
      ),
  ],
  ['a key that is left out', ({ outcome }) => changeKvs(outcome, ([, ...rest]) => rest)],
  [
    'a write said to have failed',
    ({ operation, outcome }) =>
      operation.kind === 'put' && outcome.kind === 'ok'
        ? { kind: 'failed', failure: 'notServed' }
        : undefined,
  ],
  [
    'a write answered with a later revision',
    ({ operation, outcome }, rng) =>
      operation.kind === 'put'
        ? { ...outcome, revision: outcome.revision + 1 + rng.below(3) }
        : undefined,
  ],
  [
    'a previous value that was not there',
    ({ outcome }) => {
      const { result } = outcome;
      if (result.kind !== 'put' || result.prevKv === undefined) return undefined;
      return { ...outcome, result: { kind: 'put' } };
    },
  ],
];

type OkOutcome = Extract<Outcome, { kind: 'ok' }>;
type AnsweredEntry = HistoryEntry & { readonly outcome: OkOutcome };

function changeKvs(
  outcome: OkOutcome,
  change: (kvs: readonly KeyValue[]) => KeyValue[] | undefined,
): Outcome | undefined {
  const { result } = outcome;
  if (result.kind !== 'range' || result.kvs.length === 0) return undefined;
  const kvs = change(result.kvs);
  return kvs === undefined ? undefined : { ...outcome, result: { ...result, kvs } };
}

describe('one lie in a long honest history is found', () => {
  it.each(LIES)('%s', (_what, lie) => {
    let told = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const rng = new SeededRng(seed);
      const workload = new EtcdMixWorkload();
      const run = honestRun({ rng, workload, operations: 300, clients: 5, lostPerHundred: 3 });
      const entries = [...run.history];
      const answered = entries.filter(
        (entry): entry is AnsweredEntry => entry.outcome.kind === 'ok',
      );
      const liars = answered.filter((entry) => lie(entry, new SeededRng(seed)) !== undefined);
      const liar = liars[rng.below(liars.length)];
      const outcome = liar === undefined ? undefined : lie(liar, new SeededRng(seed));
      if (liar === undefined || outcome === undefined) continue;
      entries[liar.id] = { ...liar, outcome };
      told++;
      const verdict = checkRevisions(entries, { logs: [completeLog(run.timeline)] });
      if (verdict.kind !== 'violation') throw new Error(`seed ${seed}: missed at #${liar.id}`);
    }
    expect(told).toBeGreaterThan(10);
  });
});

/** A small change of an answer, at random: most make the history impossible, some do not. */
function damage(history: readonly HistoryEntry[], rng: Rng): HistoryEntry[] {
  const victim = rng.below(history.length);
  const other = history[rng.below(history.length)] as HistoryEntry;
  return history.map((entry, i) => {
    const { outcome } = entry;
    if (i !== victim || outcome.kind !== 'ok') return entry;
    const shift = rng.below(2) === 0 ? 1 : -1;
    switch (rng.below(5)) {
      case 0:
        return {
          ...entry,
          outcome: { ...outcome, revision: Math.max(1, outcome.revision + shift) },
        };
      case 1:
        return { ...entry, outcome: { kind: 'unknown' }, returnedAt: Infinity };
      case 2:
        return { ...entry, outcome: { kind: 'failed', failure: 'notServed' } };
      case 3:
        return other.operation.kind === entry.operation.kind && other.outcome.kind === 'ok'
          ? { ...entry, outcome: other.outcome }
          : entry;
      default:
        return { ...entry, invokedAt: other.invokedAt + 0.5, returnedAt: other.invokedAt + 0.75 };
    }
  });
}

/** Two keys and few values, not unique on purpose: the search has to work. */
class TinyWorkload implements Workload {
  next(_client: number, rng: Rng): Operation {
    const key = rng.below(2) === 0 ? 'a' : 'b';
    const value = `${rng.below(2)}`;
    const choices: Operation[] = [
      { kind: 'range', key: 'a', rangeEnd: 'c' },
      { kind: 'range', key, serializable: true },
      { kind: 'put', key, value },
      { kind: 'put', key, value, prevKv: true },
      { kind: 'deleteRange', key },
      {
        kind: 'txn',
        compares: [{ key, result: 'equal', target: { kind: 'value', value: '0' } }],
        success: [
          { kind: 'put', key, value: '1' },
          { kind: 'range', key: 'a', rangeEnd: 'c' },
        ],
        failure: [{ kind: 'deleteRange', key: 'a', rangeEnd: 'c', prevKv: true }],
      },
    ];
    return choices[rng.below(choices.length)] as Operation;
  }

  learn(): void {}
}

describe('the revision check and a search through all orders', () => {
  it('agree about thousands of tiny histories, honest and damaged', () => {
    const counts = { ok: 0, violation: 0 };
    for (let seed = 1; seed <= 4000; seed++) {
      const rng = new SeededRng(seed);
      const run = honestRun({
        rng,
        workload: new TinyWorkload(),
        operations: 6,
        clients: 3,
        lostPerHundred: 20,
      });
      const plain = run.history.map(({ member: _member, ...entry }) => entry);
      const history = seed % 4 === 0 ? plain : damage(damage(plain, rng), rng);
      const verdict = checkRevisions(history);
      const expected = existsAnOrder(history) ? 'ok' : 'violation';
      if (verdict.kind !== expected) {
        throw new Error(
          `seed ${seed}: ${JSON.stringify(verdict)}, but ${expected}\n${explain({ rule: '', message: '', entries: history })}`,
        );
      }
      counts[expected]++;
    }
    // Neither answer may be the only one that is ever right.
    expect(counts.ok).toBeGreaterThan(1000);
    expect(counts.violation).toBeGreaterThan(800);
  });
});

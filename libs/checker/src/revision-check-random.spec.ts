import { SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';

import type { HistoryEntry, Outcome } from './history.js';
import type { KeyValue, Operation } from './operation.js';
import type { EventLog } from './order/evidence.js';
import { checkRevisions } from './revision-check.js';
import { existsAnOrder } from './testing/brute-force.js';
import { honestRun } from './testing/honest-run.js';
import type { Timeline } from './timeline.js';
import { explain } from './verdict.js';
import { EtcdMixWorkload, KubernetesMixWorkload } from './workload/mixes.js';
import { LeaseWorkload } from './workload/leases.js';
import { ListAppendWorkload } from './workload/lists.js';
import { LockWorkload } from './workload/locks.js';
import { RegisterWorkload } from './workload/registers.js';
import type { Workload } from './workload/workload.js';

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
      for (let seed = 1; seed <= 5; seed++) {
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
        const without = checkRevisions(history, { maxSteps: 5_000 });
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
    for (let seed = 1; seed <= 12; seed++) {
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
    expect(told).toBeGreaterThan(8);
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
    for (let seed = 1; seed <= 2000; seed++) {
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
    expect(counts.ok).toBeGreaterThan(500);
    expect(counts.violation).toBeGreaterThan(300);
  });
});

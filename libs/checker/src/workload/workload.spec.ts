import { SeededRng } from '@etcd-ts/foundation';

import { encodeLines } from '../history-codec.js';
import type { HistoryEntry } from '../history.js';
import { checkFencing, checkMutualExclusion, checkSet } from '../lock-check.js';
import type { KvOperation, Operation } from '../operation.js';
import { honestRun } from '../testing/honest-run.js';
import type { HonestRun } from '../testing/honest-run.js';
import { nextCompaction, nextWatch } from './disturbances.js';
import { LeaseWorkload } from './leases.js';
import { elementsOf, ListAppendWorkload, SetWorkload } from './lists.js';
import { LockWorkload } from './locks.js';
import { EtcdMixWorkload, KubernetesMixWorkload } from './mixes.js';
import { RegisterWorkload } from './registers.js';
import type { Workload } from './workload.js';

function run(workload: Workload, seed = 1, operations = 2000): HonestRun {
  return honestRun({
    rng: new SeededRng(seed),
    workload,
    operations,
    clients: 6,
    lostPerHundred: 1,
  });
}

function writes(operation: Operation | KvOperation): string[] {
  if (operation.kind === 'put') return [operation.value];
  if (operation.kind !== 'txn') return [];
  return [...new Set([...operation.success, ...operation.failure].flatMap(writes))];
}

/** The share of operations of some kind that were answered. */
function share(
  history: readonly HistoryEntry[],
  matches: (entry: HistoryEntry) => boolean,
): number {
  return history.filter(matches).length / history.length;
}

const succeeded = ({ outcome }: HistoryEntry): boolean =>
  outcome.kind === 'ok' && outcome.result.kind === 'txn' && outcome.result.succeeded;
const isSwap = ({ operation }: HistoryEntry): boolean =>
  operation.kind === 'txn' && operation.compares.length > 0;

describe.each<[string, () => Workload]>([
  ['registers', () => new RegisterWorkload()],
  ['list appends', () => new ListAppendWorkload()],
  ['a set', () => new SetWorkload()],
  ['the etcd mix', () => new EtcdMixWorkload()],
  ['the Kubernetes mix', () => new KubernetesMixWorkload()],
  ['leases', () => new LeaseWorkload()],
  ['locks', () => new LockWorkload({ fenced: true })],
])('the workload of %s', (_name, create) => {
  it('is the same for the same seed, and another for another', () => {
    const lines = (seed: number): string => encodeLines(run(create(), seed, 500).history);
    expect(lines(1)).toBe(lines(1));
    expect(lines(2)).not.toBe(lines(1));
  });

  it('makes revisions, and writes no value twice', () => {
    const { history, timeline } = run(create());
    expect(timeline.revision).toBeGreaterThan(300);
    const values = history.flatMap(({ operation }) => writes(operation));
    expect(new Set(values).size).toBe(values.length);
  });
});

describe('compare-and-swaps', () => {
  it('both succeed and fail, in registers, mixes and lists', () => {
    for (const workload of [
      new RegisterWorkload(),
      new KubernetesMixWorkload(),
      new ListAppendWorkload(),
    ]) {
      const swaps = run(workload).history.filter(isSwap);
      expect(share(swaps, succeeded)).toBeGreaterThan(0.15);
      expect(share(swaps, succeeded)).toBeLessThan(0.95);
    }
  });
});

describe('a set', () => {
  it('ends with every acknowledged element', () => {
    const workload = new SetWorkload();
    const { timeline } = run(workload);
    const final = elementsOf(timeline.get(workload.key)?.value);
    expect(final.length).toBeGreaterThan(100);
    expect(checkSet(workload.adds, final).kind).toBe('ok');
    expect(checkSet(workload.adds, final.slice(0, -1)).kind).toBe('violation');
  });
});

describe('a lock on leases that are too short', () => {
  const locks = (fenced: boolean) => {
    const workload = new LockWorkload({ fenced, ttlSeconds: 0.3 });
    run(workload, 3, 6000);
    return workload;
  };

  it('is no mutual exclusion, but fencing makes it safe', () => {
    const { holds, writes: accepted } = locks(true);
    expect(holds.length).toBeGreaterThan(50);
    expect(accepted.length).toBeGreaterThan(50);
    expect(checkMutualExclusion(holds).kind).toBe('violation');
    expect(checkFencing(holds, accepted).kind).toBe('ok');
  });

  it('without fencing lets old holders write: the check is not blind', () => {
    const { holds, writes: accepted } = locks(false);
    expect(checkFencing(holds, accepted)).toMatchObject({ violation: { rule: 'lock-fence' } });
  });
});

describe('watches and compactions', () => {
  it('reach from far behind the current revision to ahead of it', () => {
    const rng = new SeededRng(1);
    const starts = Array.from({ length: 1000 }, () => nextWatch(rng, 500, ['a/']).startRevision);
    expect(Math.min(...starts.filter((start) => start > 0))).toBeLessThan(410);
    expect(Math.max(...starts)).toBeGreaterThan(590);
    expect(starts).toContain(0);
    const compactions = Array.from({ length: 1000 }, () => {
      const operation = nextCompaction(rng, 500);
      return operation.kind === 'compact' ? operation.revision : 0;
    });
    expect([Math.min(...compactions), Math.max(...compactions)]).toEqual([300, 505]);
  });
});

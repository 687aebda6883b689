import { SILENT_LOGGER } from '@etcd-ts/foundation';

import type { NamedPointFault } from './named-point-fault.js';
import { POINTS_AT_ANY_TIME, POINTS_OF_RECEIVED_SNAPSHOTS } from './named-points.js';
import { lightPlan, planOf } from './plan.js';
import type { Plan } from './plan.js';
import { simulate } from './simulation.js';

const OPTIONS = { logger: SILENT_LOGGER };
const PROFILE = { profile: 'named points' };
const BEGIN_MS = 3000;
const BETWEEN_MS = 700;
/** An absence, the receipt of a snapshot, a death, a recovery. */
const ABSENCE_MS = 5000;
const BETWEEN_ABSENCES_MS = 8000;

const DEATH: Omit<NamedPointFault, 'points' | 'atMs'> = {
  kind: 'namedPoints',
  forMs: ABSENCE_MS,
  victim: 'all',
  passes: 0,
  downMs: 50,
  leadUp: 'nothing',
};

/** Three members that write, compact and save snapshots all the time. */
function busyPlan(faults: readonly NamedPointFault[], durationMs: number): Plan {
  return {
    ...lightPlan(1, durationMs),
    clients: 8,
    watchers: 3,
    thinkMs: 10,
    pinnedShare: 1,
    compactEveryMs: 300,
    snapshotCount: 10,
    snapshotCatchupEntries: 0,
    faults,
  };
}

describe('a machine that stops in the midst of its work', () => {
  it('does so at each step that has a name', async () => {
    const faults = POINTS_AT_ANY_TIME.map((point, i): NamedPointFault => {
      // Only who starts publishes itself, and members change only if somebody asks for it.
      const leadUp = point === 'beforePublishing' ? 'start' : 'nothing';
      return { ...DEATH, leadUp, points: [point], atMs: BEGIN_MS + i * BETWEEN_MS };
    });
    const durationMs = BEGIN_MS + (faults.length + 10) * BETWEEN_MS;
    const plan = busyPlan(faults, durationMs);
    const grown: Plan = {
      ...plan,
      faults: [...faults, { kind: 'grow', atMs: durationMs - 5 * BETWEEN_MS, asLearner: true }],
    };
    const { finding, deathsAtPoints } = await simulate(grown, OPTIONS);
    expect(finding).toBeUndefined();
    expect([...deathsAtPoints.keys()].sort()).toEqual([...POINTS_AT_ANY_TIME].sort());
  });

  it('does so at each step of a received snapshot, and goes on from there', async () => {
    const faults = POINTS_OF_RECEIVED_SNAPSHOTS.map((point, i): NamedPointFault => {
      const atMs = BEGIN_MS + i * BETWEEN_ABSENCES_MS;
      return { ...DEATH, leadUp: 'absence', victim: i % 3, points: [point], atMs };
    });
    const plan = busyPlan(faults, BEGIN_MS + (faults.length + 1) * BETWEEN_ABSENCES_MS);
    const { finding, deathsAtPoints } = await simulate(plan, OPTIONS);
    expect(finding).toBeUndefined();
    expect([...deathsAtPoints.keys()].sort()).toEqual([...POINTS_OF_RECEIVED_SNAPSHOTS].sort());
  });

  it('takes nothing of what it had promised with it, seed after seed', async () => {
    let deaths = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const plan = planOf(seed, { ...PROFILE, durationMs: 9000, faultEveryMs: 700 });
      const { finding, deathsAtPoints } = await simulate(plan, OPTIONS);
      expect({ seed, finding }).toEqual({ seed, finding: undefined });
      for (const count of deathsAtPoints.values()) deaths += count;
    }
    expect(deaths).toBeGreaterThan(12);
  });

  it('stops at the same event when its seed is repeated', async () => {
    const plan = planOf(5, { ...PROFILE, durationMs: 6000, faultEveryMs: 700 });
    const first = await simulate(plan, OPTIONS);
    expect(first.deathsAtPoints.size).toBeGreaterThan(0);
    expect(await simulate(plan, OPTIONS)).toEqual(first);
  });
});

import { SILENT_LOGGER } from '@etcd-ts/foundation';

import { lightPlan, planOf } from './plan.js';
import { simulate } from './simulation.js';

const OPTIONS = { logger: SILENT_LOGGER };

/** Short and rough: campaigns have longer ones. */
const ROUGH = { durationMs: 6000, faultEveryMs: 1000 };
/** More do not make a short run meaner, only slower. */
const OPERATIONS_PER_CLIENT = 80;
const SEEDS = 400;
/** On a machine that is busy with something else as many of the seeds as fit. */
const SEEDS_FOR_MS = 50_000;
const MIN_SEEDS = 12;

describe('a simulation', () => {
  it('repeats itself from its seed, event by event', async () => {
    const plan = planOf(4711, { ...ROUGH, members: 3 });
    const first = await simulate(plan, OPTIONS);
    const again = await simulate(plan, OPTIONS);
    expect(again).toEqual(first);
    const other = await simulate(planOf(4712, { ...ROUGH, members: 3 }), OPTIONS);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  it('of a cluster with nothing to complain of elects once and answers everything', async () => {
    for (const members of [1, 3, 5, 7]) {
      const plan = { ...lightPlan(members, 5000), members, clients: 3, thinkMs: 100 };
      const result = await simulate(plan, OPTIONS);
      expect(result.finding).toBeUndefined();
      expect(result.unjudged).toBeUndefined();
      expect(result.elections).toBe(1);
      expect(result.operations).toBeGreaterThan(50);
      // What was asked before there was a leader may have been given up.
      expect(result.answered).toBeGreaterThan(result.operations - 5);
    }
  });

  it('of faults finds no promise broken, seed after seed', async () => {
    const untilMs = performance.now() + SEEDS_FOR_MS;
    const sum = { runs: 0, faults: 0, answered: 0, elections: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      if (performance.now() > untilMs && sum.runs >= MIN_SEEDS) break;
      const plan = { ...planOf(seed, ROUGH), operationsPerClient: OPERATIONS_PER_CLIENT };
      const result = await simulate(plan, OPTIONS);
      expect({ seed, finding: result.finding, unjudged: result.unjudged }).toEqual({
        seed,
        finding: undefined,
        unjudged: undefined,
      });
      sum.runs++;
      sum.faults += result.faults;
      sum.answered += result.answered;
      sum.elections += result.elections;
    }
    // Simulations in which nothing happens prove nothing.
    expect(sum.faults).toBeGreaterThan(sum.runs);
    expect(sum.elections).toBeGreaterThan(sum.runs);
    expect(sum.answered).toBeGreaterThan(50 * sum.runs);
  });
});

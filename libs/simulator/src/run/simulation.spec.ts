import { SILENT_LOGGER } from '@etcd-ts/foundation';

import { lightPlan, planOf, shortPlan } from './plan.js';
import type { Plan } from './plan.js';
import { simulate } from './simulation.js';

const OPTIONS = { logger: SILENT_LOGGER };

/** `npm test` tries two thousand beside the tests of e2e. */
const SEEDS = 20;

describe('a simulation', () => {
  it('repeats itself from its seed, event by event', async () => {
    const three = { durationMs: 6000, faultEveryMs: 1000, members: 3 };
    const plan = planOf(4711, three);
    const first = await simulate(plan, OPTIONS);
    const again = await simulate(plan, OPTIONS);
    expect(again).toEqual(first);
    const other = await simulate(planOf(4712, three), OPTIONS);
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

  it('of a member whose only peer was removed has it lead after a loss of power, quiet as it was', async () => {
    for (const victim of [0, 1]) {
      const plan: Plan = {
        ...lightPlan(victim, 20_000),
        members: 2,
        operationsPerClient: 2,
        compactEveryMs: 60_000,
        faults: [
          { kind: 'shrink', atMs: 8000, victim },
          { kind: 'powerLoss', atMs: 17_000, forMs: 500, victim: 'all' },
        ],
      };
      const { finding, reconfigurations } = await simulate(plan, OPTIONS);
      expect([finding, reconfigurations]).toEqual([undefined, 1]);
    }
  });

  it('of faults finds no promise broken, seed after seed', async () => {
    const sum = { runs: 0, faults: 0, answered: 0, elections: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await simulate(shortPlan(seed), OPTIONS);
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

import { SILENT_LOGGER } from '@etcd-ts/foundation';

import { DAY_MS } from './era.js';
import { planOf } from './plan.js';
import type { PlanOptions } from './plan.js';
import { simulate } from './simulation.js';

const OPTIONS = { logger: SILENT_LOGGER };
const YEARS = 'years';

function run(seed: number, options: PlanOptions) {
  return simulate(planOf(seed, { profile: YEARS, ...options }), OPTIONS);
}

describe('clusters that live for long', () => {
  it('go the same way whether time leaps over their peace or not', async () => {
    const minutes = { durationMs: DAY_MS / 96, faultEveryMs: DAY_MS / 288, members: 3 };
    for (const seed of [4]) {
      const leapt = await run(seed, minutes);
      const stepped = await run(seed, { ...minutes, steps: true });
      expect(leapt.traceHash).toBe(stepped.traceHash);
      expect(leapt.finding).toBeUndefined();
      expect(stepped).toMatchObject({
        finding: undefined,
        unjudged: undefined,
        leaptMs: 0,
        virtualMs: leapt.virtualMs,
        operations: leapt.operations,
        elections: leapt.elections,
      });
      expect(leapt.events).toBeLessThan(stepped.events);
    }
  });

  it('keep all promises for days, and nothing piles up', async () => {
    const result = await run(12, { durationMs: 2 * DAY_MS });
    expect({ finding: result.finding, unjudged: result.unjudged }).toEqual({
      finding: undefined,
      unjudged: undefined,
    });
    expect(result.virtualMs).toBeGreaterThan(2 * DAY_MS);
    expect(result.leaptMs).toBeGreaterThan(1.5 * DAY_MS);
    expect(result.answered).toBeGreaterThan(50);
  });
});

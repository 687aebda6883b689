import { SILENT_LOGGER } from '@etcd-ts/foundation';

import { planOf } from '../run/plan.js';
import type { Plan } from '../run/plan.js';
import type { SimulationResult } from '../run/simulation.js';
import { describe as tell, shrink } from './shrink.js';

/** As if two clients and one isolation broke a promise, and a pause another one. */
function judge(plan: Plan): SimulationResult {
  const has = (kind: string): boolean => plan.faults.some((fault) => fault.kind === kind);
  const rule =
    has('isolate') && plan.clients >= 2 ? 'stale-read' : has('pause') ? 'two-leaders' : undefined;
  return {
    plan,
    finding: rule === undefined ? undefined : { rule, message: 'as it was found' },
    unjudged: undefined,
    traceHash: 0,
    virtualMs: plan.durationMs,
    events: 0,
    operations: 0,
    answered: 0,
    elections: 0,
    faults: plan.faults.length,
    snapshots: 0,
    reconfigurations: 0,
    leaptMs: 0,
    pauses: 0,
    readsInPauses: 0,
    deathsAtPoints: new Map(),
  };
}

describe('shrinking', () => {
  it('leaves only what the same broken promise needs, and tells it with its seed', async () => {
    const failed = judge({
      ...planOf(7, { members: 3, durationMs: 60_000 }),
      clients: 6,
      faults: [
        { kind: 'pause', atMs: 2000, forMs: 10, victim: 0 },
        { kind: 'kill', atMs: 2500, forMs: 10, victim: 1 },
        { kind: 'isolate', atMs: 3000, forMs: 900, victim: 'leader' },
        { kind: 'kill', atMs: 4000, forMs: 10, victim: 2 },
        { kind: 'powerLoss', atMs: 5000, forMs: 10, victim: 'all' },
      ],
    });
    const { plan, finding } = await shrink(failed, {
      logger: SILENT_LOGGER,
      simulate: (each) => Promise.resolve(judge(each)),
      forMs: 10_000,
    });
    expect(finding?.rule).toBe('stale-read');
    expect(plan.faults.map(({ kind }) => kind)).toEqual(['isolate']);
    expect(plan).toMatchObject({ seed: 7, clients: 2, watchers: 0, operationsPerClient: 1 });
    expect(tell(judge(plan))).toContain('"seed":7');
  });

  it('keeps what it has when no time is left', async () => {
    const failed = judge({
      ...planOf(7, { members: 3 }),
      faults: [{ kind: 'pause', atMs: 1, forMs: 1, victim: 0 }],
    });
    const least = await shrink(failed, {
      logger: SILENT_LOGGER,
      simulate: (each) => Promise.resolve(judge(each)),
      forMs: 0,
    });
    expect(least).toBe(failed);
  });
});

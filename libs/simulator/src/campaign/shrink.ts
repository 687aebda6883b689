import type { Logger } from '@etcd-ts/foundation';

import type { Plan } from '../run/plan.js';
import type { simulate, SimulationResult } from '../run/simulation.js';

export interface ShrinkOptions {
  readonly logger: Logger;
  readonly simulate: typeof simulate;
  /** Real time. */
  readonly forMs: number;
}

/**
 * A smaller plan that still breaks the same promise: shorter, with fewer faults, clients and
 * operations. Greedy: whatever can be left out is left out for good.
 */
export async function shrink(
  failed: SimulationResult,
  { logger, simulate, forMs }: ShrinkOptions,
): Promise<SimulationResult> {
  const untilMs = performance.now() + forMs;
  let least = failed;
  const works = async (plan: Plan): Promise<boolean> => {
    if (performance.now() > untilMs) return false;
    const result = await simulate(plan, { logger, expired: () => performance.now() > untilMs });
    if (result.finding?.rule !== failed.finding?.rule) return false;
    least = result;
    return true;
  };
  for (let again = true; again && performance.now() < untilMs;) {
    again = false;
    for (const plan of smaller(least.plan)) {
      if (!(await works(plan))) continue;
      again = true;
      break;
    }
  }
  return least;
}

/** Nothing is gained below; and what is not smaller than before would be tried for ever. */
const MIN_DURATION_MS = 500;

/** The boldest first. */
function* smaller(plan: Plan): Generator<Plan> {
  const { faults, durationMs, clients, watchers, operationsPerClient } = plan;
  for (const share of [0.5, 0.75, 0.9]) {
    const shorterMs = Math.ceil(durationMs * share);
    if (shorterMs >= MIN_DURATION_MS) yield { ...plan, durationMs: shorterMs };
  }
  for (let size = Math.ceil(faults.length / 2); size > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < faults.length; at += size) {
      yield { ...plan, faults: [...faults.slice(0, at), ...faults.slice(at + size)] };
    }
  }
  if (clients > 1) yield { ...plan, clients: clients - 1 };
  if (watchers > 0) yield { ...plan, watchers: watchers - 1 };
  const operations = Math.min(operationsPerClient, 1000);
  if (operations > 1) yield { ...plan, operationsPerClient: Math.floor(operations / 2) };
}

export function describe({ plan, finding }: SimulationResult): string {
  const { faults, ...rest } = plan;
  return [
    JSON.stringify(rest),
    ...faults.map((fault) => `  ${JSON.stringify(fault)}`),
    `${finding?.rule}: ${finding?.message}`,
  ].join('\n');
}

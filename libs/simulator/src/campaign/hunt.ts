import { SILENT_LOGGER } from '@etcd-ts/foundation';

import { planOf } from '../run/plan.js';
import type { PlanOptions } from '../run/plan.js';
import { simulate } from '../run/simulation.js';

/** What one core does in ten minutes must be enough for every known bug. */
const HUNT_CPU_MS = 600_000;

/** Looks for the bug that is known to be in this build, by the rule it breaks. 0: found. */
export async function hunt(
  options: PlanOptions,
  firstSeed: number,
  rule: string | undefined,
  print: (line: string) => void,
): Promise<number> {
  const cpuSeconds = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  let seed = firstSeed;
  for (; cpuSeconds() * 1000 < HUNT_CPU_MS; seed++) {
    const { finding, plan } = await simulate(planOf(seed, options), { logger: SILENT_LOGGER });
    if (finding === undefined || (rule !== undefined && finding.rule !== rule)) continue;
    const message = (finding.message.split('\n')[0] ?? '').slice(0, 160);
    print(
      `found by seed ${seed} (${plan.profile}) in ${cpuSeconds().toFixed(0)} s: ${finding.rule}: ${message}`,
    );
    return 0;
  }
  print(`not found by seeds ${firstSeed} to ${seed - 1} in ${cpuSeconds().toFixed(0)} s`);
  return 1;
}

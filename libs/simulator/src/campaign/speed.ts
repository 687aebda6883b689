import { SILENT_LOGGER } from '@etcd-ts/foundation';

import { lightPlan } from '../run/plan.js';
import { simulate } from '../run/simulation.js';

/** Long enough for the compiler to have done its work. */
const VIRTUAL_MS = 3_600_000;

/** Virtual against real time, of three members with little to do. 0 when all went well. */
export async function measureSpeed(print: (line: string) => void): Promise<number> {
  // Once for the compiler.
  await simulate(lightPlan(1, VIRTUAL_MS / 20), { logger: SILENT_LOGGER });
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const result = await simulate(lightPlan(2, VIRTUAL_MS), { logger: SILENT_LOGGER });
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(startedCpu);
  const cpuMs = (user + system) / 1000;
  const ratio = (ms: number): string => `${(result.virtualMs / ms).toFixed(0)}x real time`;
  print(
    `${(result.virtualMs / 1000).toFixed(0)} virtual seconds in ${(tookMs / 1000).toFixed(2)} s ` +
      `(${ratio(tookMs)}), of which ${(cpuMs / 1000).toFixed(2)} s processor (${ratio(cpuMs)}); ` +
      `${result.events} events, ${result.operations} operations`,
  );
  if (result.finding === undefined) return 0;
  print(`${result.finding.rule}: ${result.finding.message}`);
  return 1;
}

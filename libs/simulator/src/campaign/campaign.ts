import type { Logger } from '@etcd-ts/foundation';

import type { Plan } from '../run/plan.js';
import { simulate } from '../run/simulation.js';
import { describe, shrink } from './shrink.js';

export interface CampaignOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly minutes: number;
  readonly planFor: (seed: number) => Plan;
  /** What repeats one of them, beside its seed. */
  readonly again: string;
  readonly logger: Logger;
  readonly print: (line: string) => void;
  /** One line that is written over, else a line now and then. */
  readonly isTerminal: boolean;
}

const REPORT_EVERY_MS = 15_000;
const SHRINK_MS = 60_000;

const COUNTED = [
  'virtualMs',
  'operations',
  'answered',
  'elections',
  'faults',
  'snapshots',
  'reconfigurations',
  'leaptMs',
  'pauses',
  'readsInPauses',
] as const;

type Totals = Record<(typeof COUNTED)[number], number>;

const NOTHING_YET = Object.fromEntries(COUNTED.map((key) => [key, 0])) as Totals;

const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

function virtualTime({ virtualMs, leaptMs }: Totals): string {
  if (leaptMs === 0) return `${(virtualMs / MINUTE_MS).toFixed(1)} virtual minutes`;
  const eventfulMs = virtualMs - leaptMs;
  return `${(virtualMs / DAY_MS).toFixed(1)} virtual days, ${(eventfulMs / DAY_MS).toFixed(2)} of them eventful`;
}

/** Seed after seed, until one finds something (1) or time or seeds are up (0). */
export async function campaign(parts: CampaignOptions): Promise<number> {
  const { firstSeed, seeds, minutes, planFor, again, logger, print, isTerminal } = parts;
  const startedMs = performance.now();
  const untilMs = startedMs + minutes * 60_000;
  const sum = { ...NOTHING_YET };
  const deathsAt = new Map<string, number>();
  let runs = 0;
  let reportedMs = startedMs;
  const report = (): string => {
    const realMs = performance.now() - startedMs;
    return (
      `${runs} seeds, ${virtualTime(sum)} ` +
      `(${(sum.virtualMs / realMs).toFixed(0)}x real time), ${sum.answered} of ${sum.operations} ` +
      `operations answered, ${sum.faults} faults, ${sum.elections} elections, ` +
      `${sum.snapshots} snapshots, ${sum.reconfigurations} members added or removed, ` +
      `${sum.pauses} pauses with ${sum.readsInPauses} linearizable reads`
    );
  };
  while (runs < seeds && performance.now() < untilMs) {
    const seed = firstSeed + runs;
    const result = await simulate(planFor(seed), { logger });
    runs++;
    for (const key of COUNTED) sum[key] += result[key];
    for (const [point, deaths] of result.deathsAtPoints) {
      deathsAt.set(point, (deathsAt.get(point) ?? 0) + deaths);
    }
    if (result.unjudged !== undefined) print(`seed ${seed} not judged: ${result.unjudged}`);
    if (result.finding !== undefined) {
      print(
        `seed ${seed} (${result.plan.profile}) found ${result.finding.rule}: ${result.finding.message}`,
      );
      const least = await shrink(result, { logger, simulate, forMs: SHRINK_MS });
      print(`least that shows it:\n${describe(least)}`);
      print(`again: npm run simulate -- --seed ${seed} --seeds 1${again}`);
      return 1;
    }
    if (isTerminal) process.stdout.write(`\r${report()} `);
    else if (performance.now() - reportedMs > REPORT_EVERY_MS) {
      reportedMs = performance.now();
      print(report());
    }
  }
  if (isTerminal) print('');
  for (const [point, deaths] of [...deathsAt].sort()) print(`${deaths} died at ${point}`);
  print(`${report()}; nothing found from seed ${firstSeed} on`);
  return 0;
}

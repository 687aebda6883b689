import { ProgressLine, type Flavour } from '@etcd-ts/testkit';

import { runGenerator, type Load } from './load-command.js';
import { DishonestRun, type Measurement } from './measurement.js';
import { OneMember } from './one-member.js';
import type { Sides } from './sides.js';
import type { Subject } from './subject.js';
import { runV2Load } from './v2-load.js';

type Counts = Readonly<Record<string, number>>;

interface V2Workload {
  readonly name: string;
  readonly unit: string;
  /** What of /v2/stats/store grows by at least one per answer, or per event for all watchers. */
  readonly counter: 'setsSuccess' | 'getsSuccess';
  readonly answersPerCount: number;
  readonly run: (subject: Subject, seconds: number) => Promise<Load>;
}

const WATCHERS = 1000;
const VALUE_BYTES = 256;
/** Rounds of one put to all watchers for each second: a thousand answers are work for either server. */
const PUTS_PER_SECOND = 4;

const V2_WORKLOADS: readonly V2Workload[] = [
  {
    ...{ name: 'v2 PUT, 64 connections', unit: 'requests/s' },
    ...{ counter: 'setsSuccess', answersPerCount: 1 },
    run: (subject, seconds) => runV2Load(subject, 'PUT', seconds),
  },
  {
    ...{ name: 'v2 GET, 64 connections', unit: 'requests/s' },
    ...{ counter: 'getsSuccess', answersPerCount: 1 },
    run: (subject, seconds) => runV2Load(subject, 'GET', seconds),
  },
  {
    ...{ name: `v2 long polls, 1 key to ${WATCHERS} watchers`, unit: 'events/s' },
    ...{ counter: 'setsSuccess', answersPerCount: WATCHERS },
    run: ({ endpoint }, seconds) =>
      runGenerator({
        ...{ kind: 'v2Watch', endpoint, watchers: WATCHERS, valueBytes: VALUE_BYTES },
        puts: Math.ceil(seconds * PUTS_PER_SECOND),
      }),
  },
];

/** Both servers in turns, as the other workloads; each once for warmth before it counts. */
export async function measureV2(
  rounds: number,
  seconds: number,
): Promise<ReadonlyMap<string, Sides<Measurement[]> & { readonly unit: string }>> {
  const progress = new ProgressLine();
  const results = new Map<string, Sides<Measurement[]> & { readonly unit: string }>();
  for (let round = 0; round < rounds; round++) {
    for (const flavour of ['reference', 'ours'] as const) {
      const subject = await OneMember.start(flavour, ['--enable-v2']);
      try {
        for (const workload of V2_WORKLOADS) {
          progress.show(`round ${round + 1} of ${rounds}, ${flavour}: ${workload.name}`);
          await measured(subject, workload, 1);
          record(results, workload, flavour, await measured(subject, workload, seconds));
        }
      } finally {
        await subject.dispose();
      }
    }
  }
  progress.clear();
  return results;
}

function record(
  results: Map<string, Sides<Measurement[]> & { readonly unit: string }>,
  { name, unit }: V2Workload,
  flavour: Flavour,
  measurement: Measurement,
): void {
  const sides = results.get(name) ?? { ours: [], reference: [], unit };
  results.set(name, sides);
  sides[flavour].push(measurement);
}

/** A figure counts only if every answer was a good one and the server's own counts agree. */
async function measured(
  subject: Subject,
  workload: V2Workload,
  seconds: number,
): Promise<Measurement> {
  const before = await storeCounts(subject);
  const { cpuSeconds: cpuBefore } = await subject.counters();
  const load = await workload.run(subject, seconds);
  const { cpuSeconds: cpuAfter } = await subject.counters();
  const after = await storeCounts(subject);
  const counted = (after[workload.counter] ?? 0) - (before[workload.counter] ?? 0);
  const isHonest =
    load.answered === load.requests && counted * workload.answersPerCount >= load.answered;
  if (!isHonest) {
    const facts = `${load.answered} of ${load.requests} answered, ${counted} counted`;
    throw new DishonestRun(`${subject.flavour}, ${workload.name}: ${facts}`);
  }
  return {
    units: load.requests,
    seconds: load.seconds,
    perSecond: load.requests / load.seconds,
    serverCpuSeconds: cpuAfter - cpuBefore,
    generatorCpuSeconds: load.generatorCpuSeconds,
  };
}

async function storeCounts({ endpoint }: Subject): Promise<Counts> {
  return (await fetch(`http://${endpoint}/v2/stats/store`)).json() as Promise<Counts>;
}

import { readFileSync, rmSync } from 'node:fs';

import { pause } from '@etcd-ts/testkit';

import { KEY_BYTES } from '../generator-workload.js';
import { VALUE_BYTES } from '../h2load-workload.js';
import { latenciesBetween } from '../latency-log.js';
import { BackgroundGenerator } from '../load-command.js';
import { DishonestRun } from '../measurement.js';
import type { OneMember } from '../one-member.js';
import { latencyOf, type Latency } from '../statistics.js';

/** Keys that are put at a pace, and how fast. */
export interface Pace {
  readonly perSecond: number;
  readonly firstKey: number;
  readonly keys: number;
}

export interface PacedRun extends Latency {
  readonly achievedPerSecond: number;
  /** Puts that were refused: a server that stands still for too long gives up on them. */
  readonly failed: number;
  /** How long what went on meanwhile took. */
  readonly seconds: number;
}

const CONNECTIONS = 10;
/** Connecting, and code that runs for the first time, are not what is asked about. */
const LEAD_IN_MS = 2_000;

/** Puts at a pace while something goes on, and their latencies from when each was due. */
export async function pacedPutsDuring(
  subject: OneMember,
  pace: Pace,
  meanwhile: () => Promise<void>,
): Promise<PacedRun> {
  const logFile = subject.file('paced.bin');
  const before = await subject.counters();
  const generator = new BackgroundGenerator({
    ...{ kind: 'paced', endpoint: subject.endpoint, connections: CONNECTIONS, logFile },
    ...{ ...pace, keyBytes: KEY_BYTES, valueBytes: VALUE_BYTES },
  });
  let [from, to] = [0, 0];
  try {
    await pause(LEAD_IN_MS);
    from = Date.now();
    await generator.during(meanwhile());
    to = Date.now();
  } catch (error) {
    await generator.kill();
    throw error;
  }
  const load = await generator.stop();
  const { revision } = await subject.counters();
  const latencies = latenciesBetween(readFileSync(logFile), from, to);
  rmSync(logFile);
  const puts = revision - before.revision;
  // A put that was given up may have been done nevertheless.
  if (puts < load.answered || puts > load.requests || latencies.length === 0) {
    const facts = `${load.requests} asked, ${load.answered} answered, ${puts} revisions`;
    throw new DishonestRun(`${subject.flavour}, puts at a pace: ${facts}`);
  }
  const seconds = (to - from) / 1000;
  const failed = load.requests - load.answered;
  const achievedPerSecond = latencies.length / seconds;
  return { ...latencyOf(latencies), achievedPerSecond, failed, seconds };
}

import { readFileSync, rmSync } from 'node:fs';

import { runPacedH2load } from './load-command.js';
import type { Subject } from './subject.js';
import { PACED_PUT } from './workloads.js';

/** Latencies under a load that leaves room: a closed loop would wait politely for every stall. */
export interface PacedLatency {
  readonly askedPerSecond: number;
  readonly achievedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

const CONNECTIONS = 10;
const STREAMS = 20;

export async function measurePacedPuts(
  subject: Subject,
  perSecond: number,
  seconds: number,
): Promise<PacedLatency> {
  const logFile = subject.file('latencies.tsv');
  const before = await subject.counters();
  await runPacedH2load({
    ...{ endpoint: subject.endpoint, path: PACED_PUT.path, requests: 0, perSecond, seconds },
    ...{ bodyFile: subject.bodyFile('paced', PACED_PUT.message), logFile },
    ...{ connections: CONNECTIONS, streams: STREAMS },
  });
  const { revision } = await subject.counters();
  const latencies = readFileSync(logFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => Number(line.split('\t')[2]))
    .sort((a, b) => a - b);
  rmSync(logFile);
  const percentile = (part: number): number =>
    (latencies[Math.floor(latencies.length * part)] ?? 0) / 1000;
  return {
    askedPerSecond: perSecond,
    achievedPerSecond: (revision - before.revision) / seconds,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    p999Ms: percentile(0.999),
  };
}

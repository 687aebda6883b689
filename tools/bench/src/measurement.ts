import type { Latency } from './statistics.js';
import type { Subject } from './subject.js';
import type { Workload } from './workload.js';

export interface Measurement {
  readonly units: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly serverCpuSeconds: number;
  readonly generatorCpuSeconds: number;
  readonly latency?: Latency;
}

/** A figure that the server's own counters contradict: worthless, so its group ends. */
export class DishonestRun extends Error {
  override readonly name = 'DishonestRun';
}

/**
 * Runs one workload and checks with the server that it happened: h2load counts an error as a
 * success, so a server that refuses everything would be the fastest of all.
 */
export async function measure(
  subject: Subject,
  workload: Workload,
  amount: number,
): Promise<Measurement> {
  const before = await subject.counters();
  const { load, calls, answerBytes } = await workload.run(subject, amount);
  const after = await subject.counters();
  const { revisions, leases, method } = workload.expects;
  const expectEqual = (what: string, is: number, should: number): void => {
    if (is === should) return;
    throw new DishonestRun(`${subject.flavour}, ${workload.name}: ${what} ${is}, not ${should}`);
  };
  const expectAtLeast = (what: string, is: number, least: number): void => {
    if (is >= least) return;
    throw new DishonestRun(`${subject.flavour}, ${workload.name}: ${what} ${is} < ${least}`);
  };
  expectEqual('answered', load.answered, load.requests);
  expectEqual('revisions made', after.revision - before.revision, calls * revisions);
  expectEqual('leases made', after.leases - before.leases, calls * leases);
  const ok = (after.ok.get(method) ?? 0) - (before.ok.get(method) ?? 0);
  expectAtLeast('answers counted as OK by the server', ok, calls);
  expectAtLeast('bytes of answers', load.bytes, load.requests * answerBytes);
  // A durable write costs a sync, however many share one.
  if (revisions + leases > 0) expectAtLeast('fsyncs', after.fsyncs - before.fsyncs, 1);
  return {
    units: load.requests,
    seconds: load.seconds,
    perSecond: load.requests / load.seconds,
    serverCpuSeconds: after.cpuSeconds - before.cpuSeconds,
    generatorCpuSeconds: load.generatorCpuSeconds,
    ...(load.latency === undefined ? {} : { latency: load.latency }),
  };
}

/** The same work first for a while, so that neither side is measured by its start. */
export async function measureWarm(
  subject: Subject,
  workload: Workload,
  times: { readonly seconds: number; readonly warmUpSeconds: number },
): Promise<Measurement> {
  if (workload.sizing === 'seconds') {
    await measure(subject, workload, times.warmUpSeconds);
    return measure(subject, workload, times.seconds);
  }
  // A load that takes a number of requests needs to know how many fill the time.
  const requestsIn = (seconds: number, measured: Measurement): number =>
    Math.ceil(Math.max(measured.perSecond * seconds, workload.pilotRequests));
  const pilot = await measure(subject, workload, workload.pilotRequests);
  const warm = await measure(subject, workload, requestsIn(times.warmUpSeconds, pilot));
  return measure(subject, workload, requestsIn(times.seconds, warm));
}

import type { Client } from '@etcd-ts/client';
import { prefix } from '@etcd-ts/client';
import { ExitCode, ExitError, badFeature, bool, quote, text } from '@etcd-ts/command-line';
import type { Command } from '../command.js';
import type { Connected, Invocation } from '../invocation.js';
import type { Output } from '../output/output.js';
import { ProgressBar } from '../output/progress-bar.js';
import { runLoad, type LoadPlan, type LoadReport } from './load.js';
import { residentBytes } from './member-metrics.js';

const LOADS = 'Accepted workloads: s(small), m(medium), l(large), xl(xLarge)';
const CLEANING = [
  bool('auto-compact', 'Compact storage with last revision after test is finished.'),
  bool('auto-defrag', 'Defragment storage after test is finished.'),
];

export const CHECK: Command = {
  use: 'check <subcommand>',
  short: 'commands for checking properties of the etcd cluster',
  children: [
    {
      use: 'perf [options]',
      short: 'Check the performance of the etcd cluster',
      flags: [
        text('load', `The performance check's workload model. ${LOADS}`, 's'),
        text(
          'prefix',
          "The prefix for writing the performance check's keys.",
          '/etcdctl-check-perf/',
        ),
        ...CLEANING,
      ],
      run: runPerformance,
    },
    {
      use: 'datascale [options]',
      short:
        'Check the memory usage of holding data for different workloads on a given server endpoint.',
      long: 'If no endpoint is provided, localhost will be used. If multiple endpoints are provided, first endpoint will be used.',
      flags: [
        text('load', `The datascale check's workload model. ${LOADS}`, 's'),
        text(
          'prefix',
          "The prefix for writing the datascale check's keys.",
          '/etcdctl-check-datascale/',
        ),
        ...CLEANING,
      ],
      run: runDataScale,
    },
  ],
};

interface PerformanceLoad {
  readonly rate: number;
  readonly clients: number;
}

const PERFORMANCE_SECONDS = 60;
const PERFORMANCE: Readonly<Record<string, PerformanceLoad>> = {
  s: { rate: 150, clients: 50 },
  m: { rate: 1_000, clients: 200 },
  l: { rate: 8_000, clients: 500 },
  xl: { rate: 15_000, clients: 1_000 },
};
const SCALE: Readonly<Record<string, { readonly keys: number; readonly clients: number }>> = {
  s: { keys: 10_000, clients: 50 },
  m: { keys: 100_000, clients: 200 },
  l: { keys: 1_000_000, clients: 500 },
  xl: { keys: 3_000_000, clients: 1_000 },
};
const NAMES: Readonly<Record<string, string>> = {
  small: 's',
  medium: 'm',
  large: 'l',
  xlarge: 'xl',
};

/** What a cluster has to keep up with to pass. */
const MIN_RATE_SHARE = 0.9;
const MAX_SLOWEST_SECONDS = 0.5;
const MAX_DEVIATION_SECONDS = 0.1;

function chosen<Load>({ flags }: Invocation, loads: Readonly<Record<string, Load>>): Load {
  const given = flags.text('load').toLowerCase();
  const load = loads[NAMES[given] ?? given];
  if (load === undefined) throw badFeature(`unknown load option ${flags.text('load')}`);
  return load;
}

async function runPerformance(invocation: Invocation): Promise<number> {
  const load = chosen(invocation, PERFORMANCE);
  const connected = await invocation.connect();
  const start = invocation.flags.text('prefix');
  await requireEmpty(connected.client, start);
  const plan: LoadPlan = {
    clients: load.clients,
    keyBytes: 256,
    valueBytes: 1024,
    prefix: start,
    rate: load.rate,
    puts: Infinity,
    durationMs: PERFORMANCE_SECONDS * 1000,
  };
  const bar = progressBar(PERFORMANCE_SECONDS, connected.output);
  const report = await withClients(connected, plan, (_puts, elapsedMs) =>
    bar.update(Math.floor(elapsedMs / 1000)),
  );
  bar.finish();
  await cleanUp(invocation, connected, start);
  connected.client.close();
  return judge(report, load.rate, connected.output);
}

function judge(report: LoadReport, rate: number, output: Output): number {
  const { perSecond, slowestSeconds, deviationSeconds, errors } = report;
  let isGood = reportErrors(errors, output);
  const say = (passes: boolean, good: string, bad: string): void => {
    isGood &&= passes;
    output.write(`${passes ? good : bad}\n`);
  };
  const writes = `${Math.floor(perSecond) + 1} writes/s`;
  say(
    perSecond / rate > MIN_RATE_SHARE,
    `PASS: Throughput is ${writes}`,
    `FAIL: Throughput too low: ${writes}`,
  );
  const slowest = `${slowestSeconds.toFixed(6)}s`;
  say(
    slowestSeconds <= MAX_SLOWEST_SECONDS,
    `PASS: Slowest request took ${slowest}`,
    `Slowest request took too long: ${slowest}`,
  );
  const deviation = `${deviationSeconds.toFixed(6)}s`;
  say(
    deviationSeconds <= MAX_DEVIATION_SECONDS,
    `PASS: Stddev is ${deviation}`,
    `Stddev too high: ${deviation}`,
  );
  output.write(isGood ? 'PASS\n' : 'FAIL\n');
  return isGood ? ExitCode.success : ExitCode.error;
}

function reportErrors(errors: ReadonlyMap<string, number>, output: Output): boolean {
  if (errors.size === 0) return true;
  output.write('FAIL: too many errors\n');
  for (const [error, count] of errors) output.write(`FAIL: ERROR(${error}) -> ${count}\n`);
  return false;
}

async function runDataScale(invocation: Invocation): Promise<number> {
  const load = chosen(invocation, SCALE);
  const connected = await invocation.connect();
  const { client, output } = connected;
  const start = invocation.flags.text('prefix');
  await requireEmpty(client, start);
  const endpoint = client.endpoints[0] ?? '';
  const readMemory = async (when: string): Promise<number> => {
    const bytes = await residentBytes(endpoint, invocation.flags);
    if (bytes !== undefined && bytes > 0) return bytes;
    output.write(
      `FAIL: Could not read process_resident_memory_bytes ${when} the put operations.\n`,
    );
    throw new ExitError(ExitCode.error, '');
  };
  const before = await readMemory('before');
  output.write(
    `Start data scale check for work load [${load.keys} key-value pairs, 1024 bytes per key-value, ` +
      `${load.clients} concurrent clients].\n`,
  );
  const bar = progressBar(load.keys, output);
  const plan: LoadPlan = {
    clients: load.clients,
    keyBytes: 512,
    valueBytes: 512,
    prefix: start,
    rate: undefined,
    puts: load.keys,
    durationMs: Infinity,
  };
  const report = await withClients(connected, plan, (puts) => bar.update(puts));
  bar.finish();
  const after = await readMemory('after');
  await cleanUp(invocation, connected, start);
  client.close();
  if (!reportErrors(report.errors, output)) return ExitCode.error;
  const megabytes = (after - before) / (1024 * 1024);
  output.write(`PASS: Approximate system memory used : ${megabytes.toFixed(2)} MB.\n`);
  return ExitCode.success;
}

async function requireEmpty(client: Client, start: string): Promise<void> {
  const { kvs } = await client.kv.range(prefix(start), { limit: 1 });
  if (kvs.length === 0) return;
  const message = `prefix ${quote(start)} has keys. Delete with 'etcdctl del --prefix ${start}' first`;
  throw new ExitError(ExitCode.invalidInput, message);
}

function progressBar(total: number, output: Output): ProgressBar {
  return new ProgressBar(total, process.stdout.isTTY, (line) => output.write(line));
}

/** Every client has a connection of its own. */
async function withClients(
  { another }: Connected,
  plan: LoadPlan,
  onProgress: (puts: number, elapsedMs: number) => void,
): Promise<LoadReport> {
  const clients = Array.from({ length: plan.clients }, () => another());
  try {
    return await runLoad(clients, plan, onProgress);
  } finally {
    for (const client of clients) client.close();
  }
}

async function cleanUp(
  { flags }: Invocation,
  { client, output, member }: Connected,
  start: string,
): Promise<void> {
  const { header } = await client.kv.delete(prefix(start), { timeoutMs: CLEANING_TIMEOUT_MS });
  const revision = header?.revision ?? 0n;
  if (flags.bool('auto-compact')) {
    output.write(`Compacting with revision ${revision}\n`);
    await client.kv.compact(revision, { physical: true, timeoutMs: CLEANING_TIMEOUT_MS });
    output.write(`Compacted with revision ${revision}\n`);
  }
  if (!flags.bool('auto-defrag')) return;
  for (const endpoint of client.endpoints) {
    const one = member(endpoint);
    output.write(`Defragmenting ${quote(endpoint)}\n`);
    await one.maintenance.defragment({}, { timeoutMs: CLEANING_TIMEOUT_MS });
    output.write(`Defragmented ${quote(endpoint)}\n`);
    one.close();
  }
}

/** Millions of keys are not gone in a moment. */
const CLEANING_TIMEOUT_MS = 10 * 60 * 1000;

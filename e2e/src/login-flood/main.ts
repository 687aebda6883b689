import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { EtcdProcess, median, RpcClient, runCampaignCommand } from '@etcd-ts/testkit';

import { guess } from './guesses.js';
import { processorMs } from './processor-time.js';
import { enableUsers } from './users.js';
import { write } from './writes.js';

/** Longer than a phase, so that it lasts from the first write to the last. */
const FLOOD_MARGIN_MS = 1_000;

interface Phase {
  readonly writesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the node, for each write. */
  readonly processorUs: number;
}

interface Run {
  readonly node: EtcdProcess;
  /** Gets the flood while the node is measured without: the processors have the same to do. */
  readonly decoy: EtcdProcess;
  readonly token: string;
  readonly seconds: number;
  readonly writers: number;
  readonly rate: number;
}

async function phase({ node, token, seconds, writers }: Run): Promise<Phase> {
  const client = new RpcClient(node.endpoint);
  const before = processorMs(node.pid);
  const latencies = [...(await write(client, token, seconds * 1000, writers))].sort(
    (a, b) => a - b,
  );
  const spentMs = processorMs(node.pid) - before;
  client.close();
  const at = (part: number): number => latencies[Math.floor(part * (latencies.length - 1))] ?? NaN;
  return {
    writesPerSecond: latencies.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    processorUs: (spentMs * 1000) / latencies.length,
  };
}

/** Measures the node while another process, this program with `--guess`, tries passwords at `target`. */
async function beside(
  run: Run,
  target: EtcdProcess,
): Promise<{ measured: Phase; answers: string }> {
  const durationMs = run.seconds * 1000 + FLOOD_MARGIN_MS;
  const flood = spawn(
    process.execPath,
    [process.argv[1] ?? '', '--guess', target.endpoint, String(run.rate), String(durationMs)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const closed = once(flood, 'close');
  let said = '';
  flood.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('begun')) await once(flood.stdout, 'data');
  const measured = await phase(run);
  await closed;
  return { measured, answers: said.replace('begun\n', '').trim() };
}

async function guesser([endpoint = '', rate, durationMs]: readonly string[]): Promise<void> {
  const client = new RpcClient(endpoint);
  // The connection stands, and the first wrong ones, which are looked at, are over.
  await guess(client, { perSecond: 100, durationMs: 1_000 });
  process.stdout.write('begun\n');
  const counts = await guess(client, { perSecond: Number(rate), durationMs: Number(durationMs) });
  process.stdout.write(`${JSON.stringify(Object.fromEntries(counts))}\n`);
  client.close();
}

const shown = ({ writesPerSecond, p50Ms, p99Ms, processorUs }: Phase): string =>
  `${writesPerSecond.toFixed(0)} writes/s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ` +
  `${processorUs.toFixed(0)} us of processor a write`;

type Print = (line: string) => void;

async function compare(run: Run, pairs: number, print: Print): Promise<void> {
  print(`warm-up: ${shown(await phase(run))}`);
  const ratios: Record<keyof Phase, number[]> = {
    writesPerSecond: [],
    p50Ms: [],
    p99Ms: [],
    processorUs: [],
  };
  for (let pair = 0; pair < pairs; pair++) {
    const { measured: spared } = await beside(run, run.decoy);
    const { measured, answers } = await beside(run, run.node);
    print(`flood at another node: ${shown(spared)}`);
    print(`flood at this node:    ${shown(measured)}\n  ${answers}`);
    for (const name of ['writesPerSecond', 'p50Ms', 'p99Ms', 'processorUs'] as const) {
      ratios[name].push(measured[name] / spared[name]);
    }
  }
  print(`flooded / spared, the median of ${pairs}:`);
  for (const [name, values] of Object.entries(ratios)) {
    print(`  ${name}: ${median(values).toFixed(2)}`);
  }
}

async function measure(
  terms: Pick<Run, 'rate' | 'seconds' | 'writers'> & { readonly pairs: number },
  print: Print,
): Promise<void> {
  const node = await EtcdProcess.start({ flavour: 'ours' });
  const decoy = await EtcdProcess.start({ flavour: 'ours' });
  const client = new RpcClient(node.endpoint);
  const decoyClient = new RpcClient(decoy.endpoint);
  try {
    const token = await enableUsers(client);
    await enableUsers(decoyClient);
    await compare({ node, decoy, token, ...terms }, terms.pairs, print);
  } finally {
    client.close();
    decoyClient.close();
    await node.dispose();
    await decoy.dispose();
  }
}

if (process.argv[2] === '--guess') {
  void guesser(process.argv.slice(3));
} else {
  void runCampaignCommand({
    name: 'login-flood',
    purpose: 'how much a flood of wrong passwords costs those who write',
    options: [
      { name: 'rate', kind: 'count', default: '500', min: 1, help: 'wrong passwords a second' },
      { name: 'seconds', kind: 'number', default: '5', min: 0.1, help: 'of each measurement' },
      { name: 'pairs', kind: 'count', default: '5', min: 1, help: 'with the flood and without' },
      { name: 'writers', kind: 'count', default: '8', min: 1, help: 'at once' },
    ],
    run: measure,
  });
}

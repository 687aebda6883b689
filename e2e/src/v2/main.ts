import { parseArgs } from 'node:util';

import { EtcdProcess, ProgressLine } from '@etcd-ts/testkit';

import { runV2Differential } from './v2-differential.js';

const USAGE = 'usage: v2 [--seed N] [--requests N] [--runs N] [--ours HOST:PORT]';

/** `ours`: a fresh server that runs already; otherwise this repository's is started. */
async function oneRun(seed: number, requests: number, ours: string | undefined): Promise<void> {
  const progress = new ProgressLine();
  const node = ours === undefined ? await EtcdProcess.start({ flavour: 'ours' }) : undefined;
  const reference = await EtcdProcess.start({ flavour: 'reference', flags: ['--enable-v2'] });
  try {
    const report = await runV2Differential({
      seed,
      requests,
      ours: ours ?? node?.endpoint ?? '',
      reference: reference.endpoint,
      onProgress: (sent) => progress.show(`seed ${seed}: ${sent} requests`),
    });
    progress.clear();
    const answers = [...report.answers].sort().map(([outcome, count]) => `${outcome}: ${count}`);
    print(`seed ${seed}: ${report.requests} requests, index ${report.index}, no difference`);
    print(answers.join(', '));
  } finally {
    await node?.dispose();
    await reference.dispose();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      requests: { type: 'string', default: '20000' },
      runs: { type: 'string', default: '1' },
      ours: { type: 'string' },
    },
  });
  for (let run = 0; run < Number(values.runs); run++) {
    await oneRun(Number(values.seed) + run, Number(values.requests), values.ours);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});

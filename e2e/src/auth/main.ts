import { parseArgs } from 'node:util';

import { EtcdProcess, ProgressLine } from '@etcd-ts/testkit';

import { runAuthDifferential, type AuthDifferentialReport } from './differential.js';

const USAGE = 'usage: auth [--seed N] [--decisions N] [--runs N]';

async function oneRun(seed: number, decisions: number): Promise<AuthDifferentialReport> {
  const progress = new ProgressLine();
  const flags = ['--bcrypt-cost', '4'];
  const ours = await EtcdProcess.start({ flavour: 'ours', flags });
  const original = await EtcdProcess.start({ flavour: 'reference', flags });
  try {
    return await runAuthDifferential({
      seed,
      decisions,
      ours: ours.endpoint,
      original: original.endpoint,
      onProgress: (done) => progress.show(`seed ${seed}: ${done} of ${decisions} decisions`),
    });
  } finally {
    progress.clear();
    await ours.dispose();
    await original.dispose();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      decisions: { type: 'string', default: '1000' },
      runs: { type: 'string', default: '20' },
    },
  });
  for (let run = 0; run < Number(values.runs); run++) {
    const seed = Number(values.seed) + run;
    const { verdicts, laxities } = await oneRun(seed, Number(values.decisions));
    print(`seed ${seed}: ${values.decisions} decisions alike`);
    for (const [verdict, times] of [...verdicts].sort()) print(`  ${times}\t${verdict}`);
    print('refused here, where the original would let it through and was not asked:');
    for (const [laxity, times] of laxities) print(`  ${times}\t${laxity}`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});

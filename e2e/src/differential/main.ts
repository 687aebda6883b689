import { parseArgs } from 'node:util';

import { EtcdProcess, ProgressLine } from '@etcd-ts/testkit';

import { runDifferential, type DifferentialReport } from './differential.js';

const USAGE = 'usage: differential [--seed N] [--operations N] [--runs N] [--hash-every N]';

async function oneRun(
  seed: number,
  operations: number,
  hashEvery: number,
): Promise<DifferentialReport> {
  const progress = new ProgressLine();
  const ours = await EtcdProcess.start({ flavour: 'ours' });
  const reference = await EtcdProcess.start({ flavour: 'reference' });
  try {
    return await runDifferential({
      seed,
      operations,
      hashEvery,
      ours,
      reference,
      onProgress: (done) => progress.show(`seed ${seed}: ${done} of ${operations} operations`),
    });
  } finally {
    progress.clear();
    await ours.dispose();
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
      operations: { type: 'string', default: '20000' },
      runs: { type: 'string', default: '1' },
      'hash-every': { type: 'string' },
    },
  });
  for (let run = 0; run < Number(values.runs); run++) {
    const seed = Number(values.seed) + run;
    const { operations, finalRevision, answers } = await oneRun(
      seed,
      Number(values.operations),
      Number(values['hash-every'] ?? Infinity),
    );
    print(`seed ${seed}: ${operations} operations alike, revision ${finalRevision}`);
    for (const [answer, times] of [...answers].sort()) print(`  ${times}\t${answer}`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});

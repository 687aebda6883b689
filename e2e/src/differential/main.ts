import { EtcdProcess, ProgressLine, runCampaignCommand, SEED_OF_THE_CLOCK } from '@etcd-ts/testkit';

import { runDifferential, type DifferentialReport } from './differential.js';

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

void runCampaignCommand({
  name: 'differential',
  purpose: 'long random histories, here and on the original',
  options: [
    SEED_OF_THE_CLOCK,
    { name: 'operations', kind: 'count', default: '20000', min: 1, help: 'of each run' },
    {
      name: 'runs',
      kind: 'count',
      default: '1',
      min: 1,
      help: 'with seeds that follow each other',
    },
    {
      name: 'hash-every',
      kind: 'count',
      default: '0',
      help: 'operations, and at the end; 0: then only',
    },
  ],
  run: async (given, print) => {
    const hashEvery = given['hash-every'] === 0 ? Infinity : given['hash-every'];
    for (let seed = given.seed; seed < given.seed + given.runs; seed++) {
      const report = await oneRun(seed, given.operations, hashEvery);
      const { operations, finalRevision, answers } = report;
      print(`seed ${seed}: ${operations} operations alike, revision ${finalRevision}`);
      for (const [answer, times] of [...answers].sort()) print(`  ${times}\t${answer}`);
    }
  },
});

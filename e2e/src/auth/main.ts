import { EtcdProcess, ProgressLine, runCampaignCommand, SEED_OF_THE_CLOCK } from '@etcd-ts/testkit';

import { runAuthDifferential, type AuthDifferentialReport } from './differential.js';

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

void runCampaignCommand({
  name: 'differential:auth',
  purpose: 'random users and roles, here and on the original',
  options: [
    SEED_OF_THE_CLOCK,
    { name: 'decisions', kind: 'count', default: '1000', min: 1, help: 'of each run' },
    {
      name: 'runs',
      kind: 'count',
      default: '20',
      min: 1,
      help: 'with seeds that follow each other',
    },
  ],
  run: async (given, print) => {
    for (let seed = given.seed; seed < given.seed + given.runs; seed++) {
      const { verdicts, laxities } = await oneRun(seed, given.decisions);
      print(`seed ${seed}: ${given.decisions} decisions alike`);
      for (const [verdict, times] of [...verdicts].sort()) print(`  ${times}\t${verdict}`);
      print('refused here, where the original would let it through and was not asked:');
      for (const [laxity, times] of laxities) print(`  ${times}\t${laxity}`);
    }
  },
});

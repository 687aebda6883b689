import { EtcdProcess, ProgressLine, runCampaignCommand, SEED_OF_THE_CLOCK } from '@etcd-ts/testkit';

import { runV2Differential } from './v2-differential.js';

/** `ours`: a fresh server that runs already; empty: this repository's is started. */
async function oneRun(
  seed: number,
  requests: number,
  ours: string,
  print: (line: string) => void,
): Promise<void> {
  const progress = new ProgressLine();
  const node = ours === '' ? await EtcdProcess.start({ flavour: 'ours' }) : undefined;
  const reference = await EtcdProcess.start({ flavour: 'reference', flags: ['--enable-v2'] });
  try {
    const report = await runV2Differential({
      seed,
      requests,
      ours: node?.endpoint ?? ours,
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

void runCampaignCommand({
  name: 'differential:v2',
  purpose: 'random requests to the v2 keys API, here and on the original',
  options: [
    SEED_OF_THE_CLOCK,
    { name: 'requests', kind: 'count', default: '20000', min: 1, help: 'of each run' },
    {
      name: 'runs',
      kind: 'count',
      default: '1',
      min: 1,
      help: 'with seeds that follow each other',
    },
    {
      name: 'ours',
      kind: 'text',
      default: '',
      placeholder: 'HOST:PORT',
      help: 'a fresh server that runs already',
    },
  ],
  run: async ({ seed, requests, runs, ours }, print) => {
    for (let run = 0; run < runs; run++) await oneRun(seed + run, requests, ours, print);
  },
});

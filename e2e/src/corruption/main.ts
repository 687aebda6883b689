import { parseArgs } from 'node:util';

import { createScratchDirectory, ProgressLine, removeScratchDirectory } from '@etcd-ts/testkit';

import { type CampaignReport, runCampaign } from './campaign.js';

const USAGE = `usage: corruption [options]     a member started with one bit of its files flipped
  --flips N    10000 unless said
  --seed N     1
  --kind KIND  log, snapshot, database or "database's log" alone
  --all        tell of every refusal that names no place, too`;

function summary({ flips, outcomes }: CampaignReport): string {
  const kinds = Array.from(outcomes, ([kind, counts]) => {
    const parts = Array.from(counts, ([outcome, count]) => `${count} ${outcome}`);
    return `${kind}: ${parts.join(', ')}`;
  });
  return `${flips} flips; ${kinds.join('; ')}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      flips: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      kind: { type: 'string' },
      all: { type: 'boolean', default: false },
    },
  });
  const folder = createScratchDirectory('corruption');
  const progress = new ProgressLine();
  try {
    let silent = 0;
    const report = await runCampaign({
      folder,
      flips: Number(values.flips),
      seed: Number(values.seed),
      kind: values.kind,
      onProgress: (soFar) => progress.show(summary(soFar)),
      onRemark: (outcome, text) => {
        if (outcome === 'silent') silent++;
        else if (!values.all) return;
        progress.clear();
        process.stdout.write(`${outcome}: ${text}\n`);
      },
    });
    progress.clear();
    process.stdout.write(`seed ${values.seed}: ${summary(report)}\n`);
    if (silent > 0) process.exitCode = 1;
  } finally {
    removeScratchDirectory(folder);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});

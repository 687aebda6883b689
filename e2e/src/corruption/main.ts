import {
  createScratchDirectory,
  ProgressLine,
  removeScratchDirectory,
  runCampaignCommand,
} from '@etcd-ts/testkit';

import { type CampaignReport, runCampaign } from './campaign.js';

function summary({ flips, outcomes }: CampaignReport): string {
  const kinds = Array.from(outcomes, ([kind, counts]) => {
    const parts = Array.from(counts, ([outcome, count]) => `${count} ${outcome}`);
    return `${kind}: ${parts.join(', ')}`;
  });
  return `${flips} flips; ${kinds.join('; ')}`;
}

async function run(
  { flips, seed, kind, all }: { flips: number; seed: number; kind: string; all: boolean },
  print: (line: string) => void,
): Promise<number> {
  const folder = createScratchDirectory('corruption');
  const progress = new ProgressLine({ loggedEveryMs: 60_000 });
  try {
    let silent = 0;
    const report = await runCampaign({
      folder,
      flips,
      seed,
      kind: kind === '' ? undefined : kind,
      onProgress: (soFar) => progress.show(summary(soFar)),
      onRemark: (outcome, text) => {
        if (outcome === 'silent') silent++;
        else if (!all) return;
        progress.clear();
        print(`${outcome}: ${text}`);
      },
    });
    progress.clear();
    print(`seed ${seed}: ${summary(report)}`);
    return silent > 0 ? 1 : 0;
  } finally {
    removeScratchDirectory(folder);
  }
}

void runCampaignCommand({
  name: 'corruption',
  purpose: 'a member started with one bit of its files flipped',
  options: [
    { name: 'flips', kind: 'count', default: '10000', min: 1, help: 'one after the other' },
    { name: 'seed', kind: 'count', default: '1', help: 'of chance' },
    {
      name: 'kind',
      kind: 'text',
      default: '',
      help: `log, snapshot, database or "database's log" alone`,
    },
    {
      name: 'all',
      kind: 'switch',
      default: 'false',
      help: 'tell of every refusal that names no place, too',
    },
  ],
  run,
});

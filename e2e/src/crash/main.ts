import { ProgressLine, runCampaignCommand, SEED_OF_THE_CLOCK } from '@etcd-ts/testkit';

import { CrashRun, type CrashReport } from './crash-run.js';

function summary(report: CrashReport): string {
  return (
    `${report.kills} kills (${report.killsWhileStarting} while starting), ` +
    `${report.acknowledged} acknowledged writes kept, ` +
    `${report.survivedUnacknowledged} unacknowledged survived once, ` +
    `${report.hashesCompared} hashes equal, revision ${report.revision}, ` +
    `slowest start ${report.slowestStartMs} ms`
  );
}

void runCampaignCommand({
  name: 'crash',
  purpose: 'a member killed again and again under load',
  options: [
    SEED_OF_THE_CLOCK,
    { name: 'kills', kind: 'count', default: '2000', min: 1, help: 'one after the other' },
    { name: 'writers', kind: 'count', default: '12', min: 1, help: 'at once' },
  ],
  run: async ({ seed, kills, writers }, print) => {
    const progress = new ProgressLine();
    const onProgress = (soFar: CrashReport): void => progress.show(summary(soFar));
    const report = await CrashRun.run({ seed, kills, writers, onProgress });
    progress.clear();
    print(`seed ${seed}: ${summary(report)}`);
  },
});

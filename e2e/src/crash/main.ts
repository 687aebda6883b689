import { parseArgs } from 'node:util';

import { ProgressLine } from '@etcd-ts/testkit';

import { CrashRun, type CrashReport } from './crash-run.js';

const USAGE = 'usage: crash [--seed N] [--kills N] [--writers N]';

function summary(report: CrashReport): string {
  return (
    `${report.kills} kills (${report.killsWhileStarting} while starting), ` +
    `${report.acknowledged} acknowledged writes kept, ` +
    `${report.survivedUnacknowledged} unacknowledged survived once, ` +
    `${report.hashesCompared} hashes equal, revision ${report.revision}, ` +
    `slowest start ${report.slowestStartMs} ms`
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      kills: { type: 'string', default: '2000' },
      writers: { type: 'string', default: '12' },
    },
  });
  const progress = new ProgressLine();
  const report = await CrashRun.run({
    seed: Number(values.seed),
    kills: Number(values.kills),
    writers: Number(values.writers),
    onProgress: (soFar) => progress.show(summary(soFar)),
  });
  progress.clear();
  process.stdout.write(`seed ${values.seed}: ${summary(report)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});

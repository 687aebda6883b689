import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { createScratchDirectory, ProgressLine, removeScratchDirectory } from '@etcd-ts/testkit';

import { type CampaignReport, CrashImageCampaign } from './campaign.js';

const USAGE = `usage: crash-images [options]   a member started from every state that a crash may leave
  --operations N           of the workload; 1000 unless said
  --seed N                 1
  --share PART             of the images; 1: all
  --image-directory PATH   where they are opened; memory will do, unlike for the recording in TMPDIR
  --lying-disk             fsyncs do nothing: must find violations
  --keep                   the recording`;

function summary({ boundaries, images, starts, powerLosses, violations }: CampaignReport): string {
  return (
    `${boundaries} boundaries, ${images} images, ${starts} different ones started from, ` +
    `${powerLosses} of them after a loss of power, ${violations.length} violations`
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      operations: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      share: { type: 'string', default: '1' },
      'image-directory': { type: 'string' },
      'lying-disk': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const folder = createScratchDirectory('crash-images');
  const progress = new ProgressLine();
  try {
    const report = await CrashImageCampaign.run({
      folder,
      imageFolder: values['image-directory'] ?? folder,
      recorder: join(__dirname, 'crash-images-recording.cjs'),
      operations: Number(values.operations),
      seed: Number(values.seed),
      share: Number(values.share),
      lyingDisk: values['lying-disk'],
      onProgress: (soFar) => progress.show(summary(soFar)),
    });
    progress.clear();
    for (const violation of report.violations) process.stdout.write(`${violation}\n`);
    process.stdout.write(`seed ${values.seed}: ${summary(report)}\n`);
    if (report.violations.length > 0) process.exitCode = 1;
  } finally {
    if (!values.keep) removeScratchDirectory(folder);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 1;
});

import { join } from 'node:path';
import {
  createScratchDirectory,
  ProgressLine,
  removeScratchDirectory,
  runCampaignCommand,
} from '@etcd-ts/testkit';

import { type CampaignReport, CrashImageCampaign } from './campaign.js';

function summary({ boundaries, images, starts, powerLosses, violations }: CampaignReport): string {
  return (
    `${boundaries} boundaries, ${images} images, ${starts} different ones started from, ` +
    `${powerLosses} of them after a loss of power, ${violations.length} violations`
  );
}

void runCampaignCommand({
  name: 'crash-images',
  purpose: 'a member started from every state that a crash may leave',
  options: [
    { name: 'operations', kind: 'count', default: '1000', min: 1, help: 'of the workload' },
    { name: 'seed', kind: 'count', default: '1', help: 'of chance' },
    { name: 'share', kind: 'number', default: '1', min: 0.0001, max: 1, help: 'of the images' },
    {
      name: 'image-directory',
      kind: 'text',
      default: '',
      placeholder: 'PATH',
      help: 'where they are opened; memory will do, unlike for the recording in TMPDIR',
    },
    {
      name: 'lying-disk',
      kind: 'switch',
      default: 'false',
      help: 'fsyncs do nothing: must find violations',
    },
    { name: 'keep', kind: 'switch', default: 'false', help: 'the recording' },
  ],
  run: async (given, print) => {
    const folder = createScratchDirectory('crash-images');
    const progress = new ProgressLine({ loggedEveryMs: 60_000 });
    const imageFolder = given['image-directory'];
    try {
      const { operations, seed, share } = given;
      const report = await CrashImageCampaign.run({
        folder,
        imageFolder: imageFolder === '' ? folder : imageFolder,
        recorder: join(__dirname, 'crash-images-recording.cjs'),
        ...{ operations, seed, share },
        lyingDisk: given['lying-disk'],
        onProgress: (soFar) => progress.show(summary(soFar)),
        onViolation: (text) => {
          progress.clear();
          print(text);
        },
      });
      progress.clear();
      print(`seed ${seed}: ${summary(report)}`);
      return report.violations.length > 0 ? 1 : 0;
    } finally {
      if (!given.keep) removeScratchDirectory(folder);
    }
  },
});

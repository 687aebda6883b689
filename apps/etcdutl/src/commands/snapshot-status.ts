import { summarizeSnapshot } from '@etcd-ts/bolt';
import { badArguments, humanBytes } from '@etcd-ts/command-line';
import type { Command, Invocation } from '../command.js';
import { formatReport } from '../output/report.js';
import { exhaust } from '../sliced-work.js';
import { SnapshotFile } from '../snapshot-file.js';

export const STATUS: Command = {
  use: 'status <filename>',
  short: 'Gets backend snapshot status of a given file',
  run: runStatus,
};

async function runStatus({ args, flags, streams }: Invocation): Promise<number> {
  const [path] = args;
  if (path === undefined || args.length !== 1) {
    throw badArguments('snapshot status requires exactly one argument');
  }
  const file = new SnapshotFile(path, 'stat');
  try {
    // The original does not look at it here: it tells a damaged file by its structure only.
    if (file.hasDigest) file.checkDigest();
    const reader = file.openVerified();
    const { hash, revision, liveKeys, sizeBytes, storageVersion } = exhaust(
      summarizeSnapshot(reader),
    );
    const report = {
      columns: [
        ['hash', hash.toString(16)],
        ['revision', String(revision)],
        ['total keys', String(liveKeys)],
        ['total size', humanBytes(sizeBytes)],
        ['version', storageVersion],
      ],
      fields: [
        ['Hash', hash],
        ['Revision', revision],
        ['Keys', liveKeys],
        ['Size', sizeBytes],
        ['Version', storageVersion],
      ],
      json: { hash, revision, totalKey: liveKeys, totalSize: sizeBytes, version: storageVersion },
    } as const;
    streams.out(formatReport(report, flags.text('write-out')));
    return 0;
  } finally {
    file.close();
  }
}

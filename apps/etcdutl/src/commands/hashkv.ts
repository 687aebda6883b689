import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoltReader } from '@etcd-ts/bolt';
import { badArguments, failure } from '@etcd-ts/command-line';
import { NO_LEASE } from '@etcd-ts/foundation';
import { MvccStore } from '@etcd-ts/mvcc';
import type { HashOutcome } from '@etcd-ts/mvcc';
import { SYSTEM_CLOCK } from '@etcd-ts/server';
import { Backend, BackendImport } from '@etcd-ts/storage';
import type { Command, Invocation } from '../command.js';
import { openLog } from '../log.js';
import { formatReport } from '../output/report.js';
import { exhaust } from '../sliced-work.js';
import { SnapshotFile } from '../snapshot-file.js';

/** Which key dies with which lease is no part of the hash. */
const NO_ATTACHMENTS = {
  exists: () => true,
  attach: () => undefined,
  detach: () => undefined,
  leaseOf: () => NO_LEASE,
};

export const HASHKV: Command = {
  use: 'hashkv <filename>',
  short: 'Prints the KV history hash of a given file',
  flags: [
    {
      name: 'rev',
      kind: 'uint',
      default: '0',
      usage: 'maximum revision to hash (default: latest revision)',
    },
  ],
  run: runHashKv,
};

async function runHashKv({ args, flags, streams }: Invocation): Promise<number> {
  const [path] = args;
  if (path === undefined || args.length !== 1) {
    throw badArguments('hashkv requires exactly one argument');
  }
  const file = new SnapshotFile(path);
  try {
    if (file.hasDigest) file.checkDigest();
    const outcome = await hashOf(file.openVerified(), Number(flags.integer('rev')));
    if (outcome.kind !== 'ok') throw failure(REFUSALS[outcome.kind]);
    const { hash, hashRevision, compactRevision } = outcome;
    const report = {
      columns: [
        ['hash', String(hash)],
        ['hash revision', String(hashRevision)],
        ['compact revision', String(compactRevision)],
      ],
      fields: [
        ['Hash', hash],
        ['Hash revision', hashRevision],
        ['Compact revision', compactRevision],
      ],
      json: { hash, hashRevision, compactRevision },
    } as const;
    streams.out(formatReport(report, flags.text('write-out')));
    return 0;
  } finally {
    file.close();
  }
}

const REFUSALS = {
  compacted: 'mvcc: required revision has been compacted',
  future: 'mvcc: required revision is a future revision',
} as const;

/** Asks a store over a copy: which rows count depends on the whole index. */
async function hashOf(reader: BoltReader, revision: number): Promise<HashOutcome> {
  const directory = mkdtempSync(join(tmpdir(), 'etcdutl-hashkv-'));
  try {
    const path = join(directory, 'db.sqlite');
    const copy = BackendImport.create(path);
    for (const bucket of ['key', 'meta']) {
      const name = reader.bucketNames().find((each) => each === bucket);
      if (name === undefined) continue;
      for (const [key, value] of reader.entries(name)) {
        if (!copy.put(name, key, value)) await copy.settle();
      }
    }
    await copy.finish();
    const logger = openLog('mvcc');
    const backend = Backend.open(path, { logger, clock: SYSTEM_CLOCK, mustExist: true });
    try {
      return exhaust(exhaust(MvccStore.restore(backend, NO_ATTACHMENTS)).hashKv(revision));
    } finally {
      await backend.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

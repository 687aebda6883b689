import { lookup } from 'node:dns/promises';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { badArguments, failure } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { errorText } from '@etcd-ts/daemon';
import { parseEndpointUrl } from '@etcd-ts/config';
import type { EndpointUrl } from '@etcd-ts/config';
import { hexId } from '@etcd-ts/foundation';
import { planRestore, SYSTEM_CLOCK } from '@etcd-ts/server';
import type { RestorePlan } from '@etcd-ts/server';
import type { Command, Invocation } from '../command.js';
import { openLog } from '../log.js';
import { SnapshotFile } from '../snapshot-file.js';

const DEFAULT_NAME = 'default';
const DEFAULT_URL = 'http://localhost:2380';

const text = (name: string, usage: string, initial = '') =>
  ({ name, kind: 'string', default: initial, usage }) as const;

export const RESTORE: Command = {
  use: 'restore <filename> --data-dir {output dir} [options]',
  short: 'Restores an etcd member snapshot to an etcd directory',
  flags: [
    text('data-dir', 'Path to the output data directory'),
    text('wal-dir', 'Path to the WAL directory (use --data-dir if none given)'),
    text(
      'initial-cluster',
      'Initial cluster configuration for restore bootstrap',
      `${DEFAULT_NAME}=${DEFAULT_URL}`,
    ),
    text(
      'initial-cluster-token',
      'Initial cluster token for the etcd cluster during restore bootstrap',
      'etcd-cluster',
    ),
    text(
      'initial-advertise-peer-urls',
      "List of this member's peer URLs to advertise to the rest of the cluster",
      DEFAULT_URL,
    ),
    text('name', 'Human-readable name for this member', DEFAULT_NAME),
    {
      name: 'skip-hash-check',
      kind: 'bool',
      default: 'false',
      usage: 'Ignore snapshot integrity hash value (required if copied from data directory)',
    },
    {
      name: 'initial-memory-map-size',
      kind: 'uint',
      default: '10737418240',
      usage: 'Accepted for its name: nothing is mapped here',
    },
    {
      name: 'bump-revision',
      kind: 'uint',
      default: '0',
      usage: 'How much to increase the latest revision after restore',
    },
    {
      name: 'mark-compacted',
      kind: 'bool',
      default: 'false',
      usage: 'Mark the latest revision after restore as the point of scheduled compaction',
    },
  ],
  run: runRestore,
};

async function runRestore({ args, flags }: Invocation): Promise<number> {
  const [path] = args;
  if (path === undefined || args.length !== 1) {
    throw badArguments('snapshot restore requires exactly one argument');
  }
  const bumpRevisions = revisionsIn(flags);
  if (bumpRevisions > 0 !== flags.bool('mark-compacted')) {
    throw badArguments('--mark-compacted required if --revision-bump > 0');
  }
  const plan = await planned(flags);
  const target = targetOf(flags);
  const logger = openLog('snapshot');
  const dirs = { path, 'wal-dir': target.walDir, 'data-dir': target.dataDir };
  const shown = { ...dirs, 'snap-dir': join(target.dataDir, 'member', 'snap') };
  logger.info('restoring snapshot', shown);
  // Before anything is made: a bad file leaves no directory behind.
  const file = new SnapshotFile(path);
  try {
    if (!flags.bool('skip-hash-check')) {
      if (!file.hasDigest) {
        throw failure('snapshot missing hash but --skip-hash-check=false');
      }
      file.checkDigest();
    }
    await plan.restore({
      ...target,
      snapshot: file.openVerified(),
      bumpRevisions,
      clock: SYSTEM_CLOCK,
      logger,
    });
  } finally {
    file.close();
  }
  for (const { id, peerUrls } of plan.members) {
    logger.info('added member', {
      'cluster-id': hexId(plan.clusterId),
      'local-member-id': hexId(plan.localId),
      'added-peer-id': hexId(id),
      'added-peer-peer-urls': peerUrls,
    });
  }
  logger.info('restored snapshot', shown);
  return 0;
}

/** Beyond what a number counts exactly are no revisions. */
function revisionsIn(flags: FlagValues): number {
  const bump = flags.integer('bump-revision');
  if (bump <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(bump);
  throw badArguments(`--bump-revision ${bump} is more than there are revisions`);
}

async function planned(flags: FlagValues): Promise<RestorePlan> {
  try {
    const cluster = {
      name: flags.text('name'),
      initialCluster: flags.text('initial-cluster'),
      initialClusterToken: flags.text('initial-cluster-token'),
      initialAdvertisePeerUrls: urlsIn(flags.text('initial-advertise-peer-urls')),
    };
    return await planRestore(cluster, addressOf);
  } catch (error) {
    // Whoever starts a member is told which step failed; here it is the only one.
    const message = errorText(error).replace(/^error setting up initial cluster: /u, '');
    throw failure(message, { cause: error });
  }
}

function urlsIn(list: string): readonly EndpointUrl[] {
  return list.split(',').map((item) => {
    const parsed = parseEndpointUrl(item.trim());
    if (parsed.kind === 'error') throw failure(parsed.message);
    return parsed.value;
  });
}

async function addressOf(host: string): Promise<string | undefined> {
  try {
    return (await lookup(host)).address;
  } catch {
    return undefined;
  }
}

/** Both are new or empty: a restore overwrites nothing. */
function targetOf(flags: FlagValues): { readonly dataDir: string; readonly walDir: string } {
  const given = flags.text('data-dir');
  const dataDir = given === '' ? `${flags.text('name')}.etcd` : given;
  const isTaken = existsSync(dataDir) && !isEmptyDirectory(dataDir);
  if (isTaken) throw failure(`data-dir "${dataDir}" not empty or could not be read`);
  const walDir = flags.text('wal-dir') || join(dataDir, 'member', 'wal');
  if (existsSync(walDir)) throw failure(`wal-dir "${walDir}" exists`);
  return { dataDir, walDir };
}

function isEmptyDirectory(path: string): boolean {
  try {
    return readdirSync(path).length === 0;
  } catch {
    return false;
  }
}

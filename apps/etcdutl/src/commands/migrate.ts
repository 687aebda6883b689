import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@etcd-ts/command-line';
import type { Command, Invocation } from '../command.js';
import { openLog } from '../log.js';
import { API_VERSION } from '../version.js';

const OLDEST = [3, 5] as const;

export const MIGRATE: Command = {
  use: 'migrate',
  short:
    'Migrates schema of etcd data dir files to make them compatible with different etcd version',
  flags: [
    {
      name: 'data-dir',
      kind: 'string',
      default: '',
      usage: 'Path to the etcd data dir',
      isRequired: true,
    },
    {
      name: 'target-version',
      kind: 'string',
      default: '',
      usage: `Target etcd version to migrate contents of data dir. Minimal value 3.5. Format "X.Y" for example 3.6.`,
      isRequired: true,
    },
    {
      name: 'force',
      kind: 'bool',
      default: 'false',
      usage: 'Accepted for its name: there is nothing to force',
    },
  ],
  run: runMigrate,
};

/**
 * A data directory of this program has the storage version of this program and no other: what other
 * versions start from is a snapshot. So this answers whether the directory is what is asked for.
 */
async function runMigrate({ flags }: Invocation): Promise<number> {
  const target = flags.text('target-version');
  const match = /^(\d+)\.(\d+)$/u.exec(target);
  if (match === null) {
    throw failure(`wrong target version format, expected "X.Y", got ${JSON.stringify(target)}`);
  }
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw failure(`target version "${target}" not supported. Minimal "${OLDEST.join('.')}"`);
  }
  const path = join(flags.text('data-dir'), 'member', 'snap', 'db.sqlite');
  if (!existsSync(path)) throw failure(`open ${path}: no such file or directory`);
  if (target !== API_VERSION) {
    throw failure(
      `cannot change the storage version from ${API_VERSION} to ${target}: a data directory of ` +
        'this program has no other; restore a snapshot with the tools of that version instead',
    );
  }
  openLog('etcdutl').info('storage version up-to-date', { 'storage-version': `${target}.0` });
  return 0;
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@etcd-ts/command-line';
import { errorText } from '@etcd-ts/daemon';
import type { Logger } from '@etcd-ts/foundation';
import { SYSTEM_CLOCK } from '@etcd-ts/server';
import { Backend, DataDirectory } from '@etcd-ts/storage';
import type { Command, Invocation } from '../command.js';
import { openLog } from '../log.js';

/** Given back at a time. */
const RECLAIM_PAGES = 4096;

export const DEFRAG: Command = {
  use: 'defrag',
  short: 'Defragments the storage of the etcd',
  flags: [
    {
      name: 'data-dir',
      kind: 'string',
      default: '',
      usage: 'Required. Defragments a data directory not in use by etcd.',
      isRequired: true,
    },
  ],
  run: runDefrag,
};

async function runDefrag({ flags }: Invocation): Promise<number> {
  const dataDir = flags.text('data-dir');
  const logger = openLog('etcdutl');
  try {
    await defragment(dataDir, logger);
  } catch (error) {
    const message = `Failed to defragment etcd data[${dataDir}] (${errorText(error)})`;
    throw failure(message, { cause: error });
  }
  logger.info('finished defragmenting directory', { 'data-dir': dataDir });
  return 0;
}

async function defragment(dataDir: string, logger: Logger): Promise<void> {
  const path = join(dataDir, 'member', 'snap', 'db.sqlite');
  // Opening a directory makes what is missing; a mistyped name must not become a member.
  if (!existsSync(path)) throw new Error(`open ${path}: no such file or directory`);
  const directory = DataDirectory.open(dataDir, { logger });
  try {
    const backend = Backend.open(directory.backendFile, {
      logger,
      clock: SYSTEM_CLOCK,
      mustExist: true,
    });
    try {
      while (backend.reclaim(RECLAIM_PAGES) > 0);
      await backend.shrinkFile();
    } finally {
      await backend.close();
    }
  } finally {
    directory.close();
  }
}

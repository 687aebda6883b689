import type { Command } from '../command-line/command.js';
import { API_VERSION, ETCDUTL_VERSION } from '../version.js';
import { DEFRAG } from './defrag.js';
import { HASHKV } from './hashkv.js';
import { MIGRATE } from './migrate.js';
import { RESTORE } from './snapshot-restore.js';
import { STATUS } from './snapshot-status.js';

const HELP: Command = { use: 'help', short: 'Help about any command' };

const VERSION: Command = {
  use: 'version',
  short: 'Prints the version of etcdutl',
  run: async ({ streams }) => {
    streams.out(`etcdutl version: ${ETCDUTL_VERSION}\nAPI version: ${API_VERSION}\n`);
  },
};

export const COMMANDS: Command = {
  use: 'etcdutl',
  short: 'An administrative command line tool for etcd3.',
  children: [
    DEFRAG,
    {
      use: 'snapshot',
      short: 'Manages etcd node snapshots',
      children: [RESTORE, STATUS],
    },
    HASHKV,
    MIGRATE,
    VERSION,
    HELP,
  ],
};

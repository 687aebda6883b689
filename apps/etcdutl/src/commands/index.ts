import { helpTopic, usageText } from '@etcd-ts/command-line';
import type { Command } from '../command.js';

import { API_VERSION, ETCDUTL_VERSION } from '../version.js';
import { COMPLETE, COMPLETION } from './completion.js';
import { DEFRAG } from './defrag.js';
import { HASHKV } from './hashkv.js';
import { MIGRATE } from './migrate.js';
import { RESTORE } from './snapshot-restore.js';
import { STATUS } from './snapshot-status.js';

const HELP: Command = {
  use: 'help [command]',
  short: 'Help about any command',
  run: async ({ path, args, streams }) => {
    const topic = helpTopic(path.commands[0], args);
    if (topic.complaint !== undefined) streams.error(topic.complaint);
    streams.out(Buffer.from(usageText(topic.path)));
    return 0;
  },
};

const VERSION: Command = {
  use: 'version',
  short: 'Prints the version of etcdutl',
  run: async ({ streams }) => {
    streams.out(Buffer.from(`etcdutl version: ${ETCDUTL_VERSION}\nAPI version: ${API_VERSION}\n`));
    return 0;
  },
};

/** Everything that etcdutl can do. */
export const COMMANDS: Command = {
  use: 'etcdutl',
  short: 'An administrative command line tool for etcd3.',
  inheritedFlags: [
    {
      name: 'write-out',
      shorthand: 'w',
      kind: 'string',
      default: 'simple',
      usage: 'set the output format (fields, json, protobuf, simple, table)',
    },
  ],
  children: [
    COMPLETE,
    COMPLETION,
    DEFRAG,
    {
      use: 'snapshot <subcommand>',
      short: 'Manages etcd node snapshots',
      children: [RESTORE, STATUS],
    },
    HASHKV,
    MIGRATE,
    VERSION,
    HELP,
  ],
};

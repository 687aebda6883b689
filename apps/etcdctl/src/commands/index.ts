import type { Command } from '../command-line/command.js';
import { GLOBAL_FLAGS } from '../global-flags.js';
import { DEL } from './del.js';
import { ENDPOINT } from './endpoint.js';
import { GET } from './get.js';
import { MEMBER } from './member.js';
import { PUT } from './put.js';
import { VERSION } from './version.js';

/** Everything that etcdctl can do. */
export const COMMANDS: Command = {
  use: 'etcdctl',
  short: 'A simple command line client for etcd3.',
  inheritedFlags: GLOBAL_FLAGS,
  children: [GET, PUT, DEL, MEMBER, ENDPOINT, VERSION],
};

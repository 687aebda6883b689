import type { Command } from '../command.js';
import { GLOBAL_FLAGS } from '../global-flags.js';
import { ALARM } from './alarm.js';
import { AUTH } from './auth.js';
import { CHECK } from './check.js';
import { COMPLETE, COMPLETION } from './completion.js';
import { DEL } from './del.js';
import { DOWNGRADE } from './downgrade.js';
import { ELECT } from './elect.js';
import { ENDPOINT } from './endpoint.js';
import { GET } from './get.js';
import { HELP, OPTIONS } from './help.js';
import { LEASE } from './lease.js';
import { LOCK } from './lock.js';
import { COMPACTION, DEFRAG, MOVE_LEADER } from './maintenance.js';
import { MAKE_MIRROR } from './make-mirror.js';
import { MEMBER } from './member.js';
import { PUT } from './put.js';
import { ROLE } from './role.js';
import { SNAPSHOT } from './snapshot.js';
import { TXN } from './txn.js';
import { USER } from './user.js';
import { VERSION } from './version.js';
import { WATCH } from './watch.js';

/** Everything that etcdctl can do. */
export const COMMANDS: Command = {
  use: 'etcdctl',
  short: 'A simple command line client for etcd3.',
  inheritedFlags: GLOBAL_FLAGS,
  children: [
    ALARM,
    AUTH,
    CHECK,
    COMPACTION,
    COMPLETE,
    COMPLETION,
    DEFRAG,
    DEL,
    DOWNGRADE,
    ELECT,
    ENDPOINT,
    GET,
    HELP,
    LEASE,
    LOCK,
    MAKE_MIRROR,
    MEMBER,
    MOVE_LEADER,
    OPTIONS,
    PUT,
    ROLE,
    SNAPSHOT,
    TXN,
    USER,
    VERSION,
    WATCH,
  ],
};

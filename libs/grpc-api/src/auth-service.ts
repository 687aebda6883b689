import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { AuthDefinition, ERRORS } from '@etcd-ts/wire-protocol';

import { headerOf } from './header.js';
import { unsupported } from './unsupported.js';

/** The revision of an auth store that nobody has changed yet. */
const FRESH_AUTH_REVISION = 1n;

/** Authentication is off, and what would turn it on is refused: nobody is left believing in it. */
export function authService({ facts }: EtcdServer): BoundService {
  const refused = unsupported('authentication');
  return bindService(AuthDefinition, {
    authEnable: refused,
    authDisable: async () => ({ header: headerOf(facts) }),
    authStatus: async () => ({
      header: headerOf(facts),
      enabled: false,
      authRevision: FRESH_AUTH_REVISION,
    }),
    authenticate: () => Promise.reject(ERRORS.AuthNotEnabled.error()),
    userAdd: refused,
    userGet: refused,
    userList: refused,
    userDelete: refused,
    userChangePassword: refused,
    userGrantRole: refused,
    userRevokeRole: refused,
    roleAdd: refused,
    roleGet: refused,
    roleList: refused,
    roleDelete: refused,
    roleGrantPermission: refused,
    roleRevokePermission: refused,
  });
}

import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { AuthDefinition } from '@etcd-ts/wire-protocol';

import { withHeader } from './header.js';

export function authService(server: EtcdServer): BoundService {
  const { facts } = server;
  return bindService(AuthDefinition, {
    authEnable: async (_request, call) => withHeader(facts, await server.as(call).auth.enable()),
    authDisable: async (_request, call) => withHeader(facts, await server.as(call).auth.disable()),
    authStatus: async (_request, call) => withHeader(facts, await server.as(call).auth.status()),
    authenticate: async ({ name, password }, call) =>
      withHeader(facts, await server.as(call).auth.authenticate(name, password, call.signal)),
    userAdd: async (request, call) =>
      withHeader(facts, await server.as(call).auth.userAdd(request, call.signal)),
    userGet: async ({ name }, call) => withHeader(facts, await server.as(call).auth.userGet(name)),
    userList: async (_request, call) => withHeader(facts, await server.as(call).auth.userList()),
    userDelete: async ({ name }, call) =>
      withHeader(facts, await server.as(call).auth.userDelete(name)),
    userChangePassword: async (request, call) =>
      withHeader(facts, await server.as(call).auth.userChangePassword(request, call.signal)),
    userGrantRole: async (request, call) =>
      withHeader(facts, await server.as(call).auth.userGrantRole(request)),
    userRevokeRole: async (request, call) =>
      withHeader(facts, await server.as(call).auth.userRevokeRole(request)),
    roleAdd: async ({ name }, call) => withHeader(facts, await server.as(call).auth.roleAdd(name)),
    roleGet: async ({ role }, call) => withHeader(facts, await server.as(call).auth.roleGet(role)),
    roleList: async (_request, call) => withHeader(facts, await server.as(call).auth.roleList()),
    roleDelete: async ({ role }, call) =>
      withHeader(facts, await server.as(call).auth.roleDelete(role)),
    roleGrantPermission: async (request, call) =>
      withHeader(facts, await server.as(call).auth.roleGrantPermission(request)),
    roleRevokePermission: async (request, call) =>
      withHeader(facts, await server.as(call).auth.roleRevokePermission(request)),
  });
}

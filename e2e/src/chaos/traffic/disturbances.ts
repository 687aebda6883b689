import { nextCompaction } from '@etcd-ts/checker';
import {
  eventually,
  succeeded,
  type ClusterMember,
  type Method,
  type Outcome,
} from '@etcd-ts/testkit';
import {
  AlarmRequest,
  AlarmRequest_AlarmAction,
  AlarmType,
  AuthDefinition,
  AuthRoleAddRequest,
  AuthRoleDeleteRequest,
  AuthRoleGetRequest,
  AuthRoleGrantPermissionRequest,
  AuthRoleListRequest,
  AuthStatusRequest,
  AuthUserAddRequest,
  AuthUserDeleteRequest,
  AuthUserGrantRoleRequest,
  AuthUserListRequest,
  DefragmentRequest,
  MaintenanceDefinition,
  Permission_Type,
  SnapshotRequest,
} from '@etcd-ts/wire-protocol';

import { ask, DEADLINE_MS, someone, type Disturbance } from './disturbance.js';

/** The clients that disturb are numbered apart from all others. */
const COMPACTING_CLIENT = 500_000;
const MAINTENANCE = MaintenanceDefinition.methods;

/** At any of the last revisions, and up to five that do not exist yet; judged like all operations. */
export const COMPACTING: Disturbance = {
  everyMs: [100, 200],
  once: (around) => {
    const { load, rng } = around;
    const operation = nextCompaction(rng, load.revision);
    return load.perform(COMPACTING_CLIENT, operation, someone(around), DEADLINE_MS);
  },
};

/** Defragmenting, reading a snapshot, raising alarms and disarming them, at any member. */
export const UPKEEP: Disturbance = {
  everyMs: [200, 600],
  once: async (around) => {
    const member = someone(around);
    switch (around.rng.below(3)) {
      case 0:
        return ask(
          member,
          MaintenanceDefinition,
          MAINTENANCE.defragment,
          DefragmentRequest.fromPartial({}),
        );
      case 1:
        return readSnapshot(member);
      default:
        await alarm(member, AlarmRequest_AlarmAction.ACTIVATE);
        return alarm(member, AlarmRequest_AlarmAction.DEACTIVATE);
    }
  },
  settle: async (around) => {
    await eventually('the alarm is disarmed', async () => {
      const { kind } = await alarm(someone(around), AlarmRequest_AlarmAction.DEACTIVATE);
      return kind === 'ok' ? true : undefined;
    });
    return undefined;
  },
};

/** One that no member raised: of member 1, which does not exist, so nobody writes meanwhile. */
function alarm(member: ClusterMember, action: AlarmRequest_AlarmAction): Promise<Outcome<unknown>> {
  const request = AlarmRequest.fromPartial({ action, memberID: 1n, alarm: AlarmType.NOSPACE });
  return ask(member, MaintenanceDefinition, MAINTENANCE.alarm, request);
}

function readSnapshot(member: ClusterMember): Promise<void> {
  const request = SnapshotRequest.fromPartial({});
  const stream = member.client.serverStream(MaintenanceDefinition, MAINTENANCE.snapshot, request, {
    deadlineMs: DEADLINE_MS,
  });
  return new Promise((resolve) => {
    stream.on('data', () => undefined);
    stream.on('error', () => resolve());
    stream.on('end', () => resolve());
  });
}

const AUTH = AuthDefinition.methods;
const NAMES = ['ada', 'bob', 'eve'];
const PERMISSIONS = [Permission_Type.READ, Permission_Type.WRITE, Permission_Type.READWRITE];

/** Users and roles come and go, those that Access does not need. Members must agree on them. */
export const USERS: Disturbance = {
  everyMs: [20, 80],
  once: (around) => {
    const { rng } = around;
    const member = someone(around);
    const name = NAMES[rng.below(NAMES.length)] ?? '';
    const role = NAMES[rng.below(NAMES.length)] ?? '';
    switch (rng.below(6)) {
      case 0:
        return ask(
          member,
          AuthDefinition,
          AUTH.userAdd,
          AuthUserAddRequest.fromPartial({ name, options: { noPassword: true } }),
        );
      case 1:
        return ask(
          member,
          AuthDefinition,
          AUTH.userDelete,
          AuthUserDeleteRequest.fromPartial({ name }),
        );
      case 2:
        return ask(
          member,
          AuthDefinition,
          AUTH.roleAdd,
          AuthRoleAddRequest.fromPartial({ name: role }),
        );
      case 3:
        return ask(
          member,
          AuthDefinition,
          AUTH.roleDelete,
          AuthRoleDeleteRequest.fromPartial({ role }),
        );
      case 4:
        return ask(
          member,
          AuthDefinition,
          AUTH.userGrantRole,
          AuthUserGrantRoleRequest.fromPartial({ user: name, role }),
        );
      default:
        return ask(
          member,
          AuthDefinition,
          AUTH.roleGrantPermission,
          AuthRoleGrantPermissionRequest.fromPartial({
            name: role,
            perm: {
              permType: PERMISSIONS[rng.below(PERMISSIONS.length)] ?? Permission_Type.READ,
              key: Buffer.from(`mix/${rng.below(10)}`),
            },
          }),
        );
    }
  },
  settle: async ({ cluster }) => {
    const all = await Promise.all(cluster.members.map(usersAt));
    return new Set(all).size === 1 ? undefined : `members differ in users: ${all.join(' | ')}`;
  },
};

/** Everything one member knows of users and roles, its revision of them included. */
async function usersAt(member: ClusterMember): Promise<string> {
  const read = <Request, Response>(method: Method<Request, Response>, request: Request) =>
    succeeded(member.client.unary(AuthDefinition, method, request));
  const { authRevision } = await read(AUTH.authStatus, AuthStatusRequest.fromPartial({}));
  const { users } = await read(AUTH.userList, AuthUserListRequest.fromPartial({}));
  const { roles } = await read(AUTH.roleList, AuthRoleListRequest.fromPartial({}));
  const perms = await Promise.all(
    roles.map(async (role) => {
      const { perm } = await read(AUTH.roleGet, AuthRoleGetRequest.fromPartial({ role }));
      return perm.map(({ permType, key }) => `${role} ${permType} ${key.toString()}`);
    }),
  );
  return JSON.stringify({ authRevision: authRevision.toString(), users, roles, perms });
}

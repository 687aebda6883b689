import { badArguments, bool, text } from '@etcd-ts/command-line';
import {
  AuthUserAddResponse,
  AuthUserChangePasswordResponse,
  AuthUserDeleteResponse,
  AuthUserGetResponse,
  AuthUserGrantRoleResponse,
  AuthUserListResponse,
  AuthUserRevokeRoleResponse,
} from '@etcd-ts/wire-protocol';
import { namesAnswer, roleAnswer } from '../answers/auth.js';
import { doneAnswer } from '../answers/header-only.js';
import type { Command } from '../command.js';
import type { Connected, Invocation } from '../invocation.js';
import { askNewPassword, readPassword } from './password.js';

export const USER: Command = {
  use: 'user <subcommand>',
  short: 'User related commands',
  children: [
    {
      use: 'add <user name or user:password> [options]',
      short: 'Adds a new user',
      flags: [
        bool('interactive', 'Read password from stdin instead of interactive terminal', true),
        text('new-user-password', 'Supply password from the command line flag'),
        bool('no-password', 'Create a user without password (CN based auth only)'),
      ],
      run: runAdd,
    },
    { use: 'delete <user name>', short: 'Deletes a user', run: runDelete },
    {
      use: 'get <user name> [options]',
      short: 'Gets detailed information of a user',
      flags: [bool('detail', 'Show permissions of roles granted to the user')],
      run: runGet,
    },
    { use: 'list', short: 'Lists all users', run: runList },
    {
      use: 'passwd <user name> [options]',
      short: 'Changes password of user',
      flags: [
        bool(
          'interactive',
          'If true, read password from stdin instead of interactive terminal',
          true,
        ),
      ],
      run: runPassword,
    },
    { use: 'grant-role <user name> <role name>', short: 'Grants a role to a user', run: runGrant },
    {
      use: 'revoke-role <user name> <role name>',
      short: 'Revokes a role from a user',
      run: runRevoke,
    },
  ],
};

async function runAdd(invocation: Invocation): Promise<number> {
  const name = onlyArgument(invocation, 'user add command requires user name as its argument');
  const isPasswordless = invocation.flags.bool('no-password');
  const user = isPasswordless ? { name, password: '' } : await newUser(invocation, name);
  const { client, output } = await invocation.connect();
  const response = await client.auth.userAdd({
    ...user,
    options: { noPassword: isPasswordless },
    hashedPassword: '',
  });
  const encode = (): Uint8Array => AuthUserAddResponse.encode(response).finish();
  output.print(doneAnswer(`User ${user.name} created\n`, response, encode));
  client.close();
  return 0;
}

async function newUser(
  { flags, surroundings }: Invocation,
  argument: string,
): Promise<{ name: string; password: string }> {
  const given = flags.text('new-user-password');
  if (given !== '') return { name: argument, password: given };
  const colon = argument.indexOf(':');
  if (colon === 0) throw badArguments('empty user name is not allowed');
  if (colon > 0) {
    return { name: argument.slice(0, colon), password: argument.slice(colon + 1) };
  }
  const password = flags.bool('interactive')
    ? await askNewPassword(argument, surroundings)
    : await readPassword(surroundings);
  return { name: argument, password };
}

async function runDelete(invocation: Invocation): Promise<number> {
  const name = onlyArgument(invocation, 'user delete command requires user name as its argument');
  const { client, output } = await invocation.connect();
  const response = await client.auth.userDelete({ name });
  const encode = (): Uint8Array => AuthUserDeleteResponse.encode(response).finish();
  output.print(doneAnswer(`User ${name} deleted\n`, response, encode));
  client.close();
  return 0;
}

async function runGet(invocation: Invocation): Promise<number> {
  const name = onlyArgument(invocation, 'user get command requires user name as its argument');
  const connected = await invocation.connect();
  const { client, output } = connected;
  const response = await client.auth.userGet({ name });
  const { header, roles } = response;
  if (invocation.flags.bool('detail')) await printRoles(connected, name, roles);
  else {
    const lines = [`User: ${name}\n`, `Roles:${roles.map((role) => ` ${role}`).join('')}\n`];
    const encode = (): Uint8Array => AuthUserGetResponse.encode(response).finish();
    output.print(namesAnswer(lines, { json: 'roles', fields: 'Roles' }, header, roles, encode));
  }
  client.close();
  return 0;
}

async function printRoles(
  { client, output }: Connected,
  name: string,
  roles: readonly string[],
): Promise<void> {
  output.write(`User: ${name}\n`);
  for (const role of roles) {
    output.write('\n');
    output.print(roleAnswer(role, await client.auth.roleGet({ role })));
  }
}

async function runList(invocation: Invocation): Promise<number> {
  if (invocation.args.length > 0) throw badArguments('user list command requires no arguments');
  const { client, output } = await invocation.connect();
  const response = await client.auth.userList({});
  const { header, users } = response;
  const lines = users.map((user) => `${user}\n`);
  const encode = (): Uint8Array => AuthUserListResponse.encode(response).finish();
  output.print(namesAnswer(lines, { json: 'users', fields: 'Users' }, header, users, encode));
  client.close();
  return 0;
}

async function runPassword(invocation: Invocation): Promise<number> {
  const name = onlyArgument(invocation, 'user passwd command requires user name as its argument');
  const { flags, surroundings } = invocation;
  const password = flags.bool('interactive')
    ? await askNewPassword(name, surroundings)
    : await readPassword(surroundings);
  const { client, output } = await invocation.connect();
  const response = await client.auth.userChangePassword({ name, password, hashedPassword: '' });
  const encode = (): Uint8Array => AuthUserChangePasswordResponse.encode(response).finish();
  output.print(doneAnswer('Password updated\n', response, encode));
  client.close();
  return 0;
}

async function runGrant(invocation: Invocation): Promise<number> {
  const complaint = 'user grant command requires user name and role name as its argument';
  const [user, role] = twoArguments(invocation, complaint);
  const { client, output } = await invocation.connect();
  const response = await client.auth.userGrantRole({ user, role });
  const encode = (): Uint8Array => AuthUserGrantRoleResponse.encode(response).finish();
  output.print(doneAnswer(`Role ${role} is granted to user ${user}\n`, response, encode));
  client.close();
  return 0;
}

async function runRevoke(invocation: Invocation): Promise<number> {
  const complaint = 'user revoke-role requires user name and role name as its argument';
  const [name, role] = twoArguments(invocation, complaint);
  const { client, output } = await invocation.connect();
  const response = await client.auth.userRevokeRole({ name, role });
  const encode = (): Uint8Array => AuthUserRevokeRoleResponse.encode(response).finish();
  output.print(doneAnswer(`Role ${role} is revoked from user ${name}\n`, response, encode));
  client.close();
  return 0;
}

export function onlyArgument({ args }: Invocation, complaint: string): string {
  const [argument] = args;
  if (argument === undefined || args.length !== 1) throw badArguments(complaint);
  return argument;
}

function twoArguments({ args }: Invocation, complaint: string): [string, string] {
  const [first, second] = args;
  if (first === undefined || second === undefined || args.length !== 2) {
    throw badArguments(complaint);
  }
  return [first, second];
}

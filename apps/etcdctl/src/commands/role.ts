import type { KeyRange } from '@etcd-ts/client';
import { from, prefix } from '@etcd-ts/client';
import { badArguments, bool } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import {
  AuthRoleAddResponse,
  AuthRoleDeleteResponse,
  AuthRoleGrantPermissionResponse,
  AuthRoleListResponse,
  AuthRoleRevokePermissionResponse,
  Permission_Type,
} from '@etcd-ts/wire-protocol';
import { namesAnswer, rangePieces, roleAnswer } from '../answers/auth.js';
import { doneAnswer } from '../answers/header-only.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import type { Piece } from '../output/output.js';
import { onlyArgument } from './user.js';
import { bytesOf } from '../word-bytes.js';

const FROM_KEY =
  'a permission of keys that are greater than or equal to the given key using byte compare';

export const ROLE: Command = {
  use: 'role <subcommand>',
  short: 'Role related commands',
  children: [
    { use: 'add <role name>', short: 'Adds a new role', run: runAdd },
    { use: 'delete <role name>', short: 'Deletes a role', run: runDelete },
    { use: 'get <role name>', short: 'Gets detailed information of a role', run: runGet },
    { use: 'list', short: 'Lists all roles', run: runList },
    {
      use: 'grant-permission [options] <role name> <permission type> <key> [endkey]',
      short: 'Grants a key to a role',
      flags: [bool('prefix', 'grant a prefix permission'), bool('from-key', `grant ${FROM_KEY}`)],
      run: runGrant,
    },
    {
      use: 'revoke-permission <role name> <key> [endkey]',
      short: 'Revokes a key from a role',
      flags: [bool('prefix', 'revoke a prefix permission'), bool('from-key', `revoke ${FROM_KEY}`)],
      run: runRevoke,
    },
  ],
};

async function runAdd(invocation: Invocation): Promise<number> {
  const name = onlyArgument(invocation, 'role add command requires role name as its argument');
  const { client, output } = await invocation.connect();
  const response = await client.auth.roleAdd({ name });
  const encode = (): Uint8Array => AuthRoleAddResponse.encode(response).finish();
  output.print(doneAnswer(`Role ${name} created\n`, response, encode));
  client.close();
  return 0;
}

async function runDelete(invocation: Invocation): Promise<number> {
  const role = onlyArgument(invocation, 'role delete command requires role name as its argument');
  const { client, output } = await invocation.connect();
  const response = await client.auth.roleDelete({ role });
  const encode = (): Uint8Array => AuthRoleDeleteResponse.encode(response).finish();
  output.print(doneAnswer(`Role ${role} deleted\n`, response, encode));
  client.close();
  return 0;
}

async function runGet(invocation: Invocation): Promise<number> {
  const role = onlyArgument(invocation, 'role get command requires role name as its argument');
  const { client, output } = await invocation.connect();
  output.print(roleAnswer(role, await client.auth.roleGet({ role })));
  client.close();
  return 0;
}

async function runList(invocation: Invocation): Promise<number> {
  if (invocation.args.length > 0) throw badArguments('role list command requires no arguments');
  const { client, output } = await invocation.connect();
  const response = await client.auth.roleList({});
  const { header, roles } = response;
  const lines = roles.map((role) => `${role}\n`);
  const encode = (): Uint8Array => AuthRoleListResponse.encode(response).finish();
  output.print(namesAnswer(lines, { json: 'roles', fields: 'Roles' }, header, roles, encode));
  client.close();
  return 0;
}

const TYPES: Readonly<Record<string, Permission_Type>> = {
  READ: Permission_Type.READ,
  WRITE: Permission_Type.WRITE,
  READWRITE: Permission_Type.READWRITE,
};

async function runGrant(invocation: Invocation): Promise<number> {
  const [name, typeName, key, end] = invocation.args;
  if (name === undefined || typeName === undefined || key === undefined) {
    throw badArguments(
      'role grant command requires role name, permission type, and key [endkey] as its argument',
    );
  }
  const permType = TYPES[typeName.toUpperCase()];
  if (permType === undefined) throw badArguments(`invalid permission type: ${typeName}`);
  const perm = { permType, ...permissionRange(invocation.flags, key, end) };
  const { client, output } = await invocation.connect();
  const response = await client.auth.roleGrantPermission({ name, perm });
  const encode = (): Uint8Array => AuthRoleGrantPermissionResponse.encode(response).finish();
  output.print(doneAnswer(`Role ${name} updated\n`, response, encode));
  client.close();
  return 0;
}

async function runRevoke(invocation: Invocation): Promise<number> {
  const [role, keyText, end] = invocation.args;
  if (role === undefined || keyText === undefined) {
    throw badArguments(
      'role revoke-permission command requires role name and key [endkey] as its argument',
    );
  }
  const { key, rangeEnd } = permissionRange(invocation.flags, keyText, end);
  const { client, output } = await invocation.connect();
  const response = await client.auth.roleRevokePermission({ role, key, rangeEnd });
  const encode = (): Uint8Array => AuthRoleRevokePermissionResponse.encode(response).finish();
  const answer = doneAnswer('', response, encode);
  const what: Piece[] =
    rangeEnd.length === 0 ? ['key ', key] : ['range ', ...rangePieces(key, rangeEnd)];
  const simple = (): Piece[] => ['Permission of ', ...what, ` is revoked from role ${role}\n`];
  output.print({ ...answer, simple });
  client.close();
  return 0;
}

function permissionRange(flags: FlagValues, key: string, end: string | undefined): KeyRange {
  const [isPrefix, isFrom] = [flags.bool('prefix'), flags.bool('from-key')];
  if (isPrefix && isFrom) {
    throw badArguments('--from-key and --prefix flags are mutually exclusive');
  }
  if (end !== undefined && (isPrefix || isFrom)) {
    const flag = isPrefix ? '--prefix' : '--from-key';
    throw badArguments(`unexpected endkey argument with ${flag} flag`);
  }
  if (isPrefix) return prefix(bytesOf(key));
  if (isFrom) return from(bytesOf(key));
  return { key: bytesOf(key), rangeEnd: bytesOf(end ?? '') };
}

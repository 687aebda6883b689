import { EMPTY_BYTES } from '@etcd-ts/foundation';
import { FieldWriter, fieldsOf } from './protobuf-fields.js';
import type { Permission, Role } from './role.js';
import type { User } from './user.js';

// authpb, as etcd stores it. The bytes are written here and not by generated code because this lib
// stands below the contracts; that both agree is tested where both are known.

export function encodeUser(user: User): Uint8Array {
  const writer = new FieldWriter().bytes(1, Buffer.from(user.name)).bytes(2, user.passwordHash);
  for (const role of user.roles) writer.message(3, Buffer.from(role));
  if (user.noPassword !== undefined) {
    writer.message(4, new FieldWriter().number(1, user.noPassword ? 1 : 0).finish());
  }
  return writer.finish();
}

export function decodeUser(bytes: Uint8Array): User {
  let name = '';
  let passwordHash = EMPTY_BYTES;
  const roles: string[] = [];
  let noPassword: boolean | undefined;
  for (const { field, kind, value } of fieldsOf(bytes)) {
    if (kind !== 'bytes') continue;
    if (field === 1) name = textOf(value);
    else if (field === 2) passwordHash = value;
    else if (field === 3) roles.push(textOf(value));
    else if (field === 4) noPassword = decodeNoPassword(value);
  }
  return { name, passwordHash, roles, noPassword };
}

export function encodeRole(role: Role): Uint8Array {
  const writer = new FieldWriter().bytes(1, Buffer.from(role.name));
  for (const permission of role.permissions) writer.message(2, encodePermission(permission));
  return writer.finish();
}

export function decodeRole(bytes: Uint8Array): Role {
  let name = '';
  const permissions: Permission[] = [];
  for (const { field, kind, value } of fieldsOf(bytes)) {
    if (kind !== 'bytes') continue;
    if (field === 1) name = textOf(value);
    else if (field === 2) permissions.push(decodePermission(value));
  }
  return { name, permissions };
}

function encodePermission({ type, key, rangeEnd }: Permission): Uint8Array {
  return new FieldWriter().number(1, type).bytes(2, key).bytes(3, rangeEnd).finish();
}

function decodePermission(bytes: Uint8Array): Permission {
  let type = 0;
  let key = EMPTY_BYTES;
  let rangeEnd = EMPTY_BYTES;
  for (const entry of fieldsOf(bytes)) {
    if (entry.kind === 'number') {
      if (entry.field === 1) type = Number(BigInt.asIntN(32, entry.value));
    } else if (entry.field === 2) key = entry.value;
    else if (entry.field === 3) rangeEnd = entry.value;
  }
  return { type, key, rangeEnd };
}

function decodeNoPassword(bytes: Uint8Array): boolean {
  let noPassword = false;
  for (const { field, kind, value } of fieldsOf(bytes)) {
    if (field === 1 && kind === 'number') noPassword = value !== 0n;
  }
  return noPassword;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

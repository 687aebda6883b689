import { quote } from '@etcd-ts/command-line';
import { prefixEnd } from '@etcd-ts/foundation';
import type {
  AuthRoleGetResponse,
  AuthStatusResponse,
  Permission,
  ResponseHeader,
} from '@etcd-ts/wire-protocol';
import {
  AuthRoleGetResponse as RoleGetMessage,
  AuthStatusResponse as AuthStatusMessage,
  Permission_Type,
} from '@etcd-ts/wire-protocol';
import { field, headerFields, headerJson, quotedField } from '../output/field-lines.js';
import { some } from '../output/json.js';
import type { Answer, Piece } from '../output/output.js';

export function authStatusAnswer(response: AuthStatusResponse): Answer {
  const { header, enabled, authRevision } = response;
  return {
    simple: () => [`Authentication Status: ${enabled}\n`, `AuthRevision: ${authRevision}\n`],
    json: () => ({
      header: headerJson(header),
      enabled: some(enabled),
      authRevision: some(authRevision),
    }),
    fields: () => [
      ...headerFields(header),
      field('Enabled', enabled),
      field('AuthRevision', authRevision),
    ],
    protobuf: () => AuthStatusMessage.encode(response).finish(),
  };
}

/** Names of users or roles; `name`: what a JSON reader, and a reader of fields, finds them under. */
export function namesAnswer(
  lines: readonly string[],
  { json, fields }: { readonly json: string; readonly fields: string },
  header: ResponseHeader | undefined,
  names: readonly string[],
  protobuf: () => Uint8Array,
): Answer {
  return {
    simple: () => lines,
    json: () => ({ header: headerJson(header), [json]: some(names) }),
    fields: () => [
      ...headerFields(header),
      `"${fields}" :${names.map((name) => ` ${quote(name)}`).join('')}\n`,
    ],
    protobuf,
  };
}

const TYPE_NAMES = new Map<number, string>(
  Object.entries(Permission_Type).map(([name, type]) => [type, name]),
);

export function roleAnswer(role: string, response: AuthRoleGetResponse): Answer {
  const { header, perm } = response;
  return {
    simple: () => roleLines(role, perm),
    json: () => ({
      header: headerJson(header),
      perm: some(
        perm.map(({ permType, key, rangeEnd }) => ({
          permType: some(permType),
          key: some(key),
          range_end: some(rangeEnd),
        })),
      ),
    }),
    fields: () => [
      ...headerFields(header),
      ...perm.flatMap(({ permType, key, rangeEnd }) => [
        // Two blanks, as the original.
        field('PermType', ` ${TYPE_NAMES.get(permType) ?? permType}`),
        quotedField('Key', key),
        quotedField('RangeEnd', rangeEnd),
      ]),
    ],
    protobuf: () => RoleGetMessage.encode(response).finish(),
  };
}

function roleLines(role: string, permissions: readonly Permission[]): Piece[] {
  const lines = (type: Permission_Type): Piece[] => {
    const both = Permission_Type.READWRITE;
    return permissions
      .filter(({ permType }) => permType === type || permType === both)
      .flatMap(permissionLine);
  };
  return [
    `Role ${role}\n`,
    'KV Read:\n',
    ...lines(Permission_Type.READ),
    'KV Write:\n',
    ...lines(Permission_Type.WRITE),
  ];
}

function permissionLine({ key, rangeEnd }: Permission): Piece[] {
  if (rangeEnd.length === 0) return ['\t', key, '\n'];
  return ['\t', ...rangePieces(key, rangeEnd), ...prefixNote(key, rangeEnd), '\n'];
}

/** `[a, b)`, or `[a, <open ended>`. */
export function rangePieces(key: Buffer, rangeEnd: Buffer): Piece[] {
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0;
  return isOpen ? ['[', key, ', <open ended>'] : ['[', key, ', ', rangeEnd, ')'];
}

function prefixNote(key: Buffer, rangeEnd: Buffer): Piece[] {
  const isOpen = rangeEnd.length === 1 && rangeEnd[0] === 0;
  const isPrefix = !isOpen && key.length > 0 && rangeEnd.equals(prefixEnd(key));
  return isPrefix ? [' (prefix ', key, ')'] : [];
}

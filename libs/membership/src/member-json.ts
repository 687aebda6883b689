import { MemberId } from '@etcd-ts/foundation';
import { encodeGoString, ExactJsonError, parseExactJson } from './exact-json.js';
import type { ExactJson } from './exact-json.js';
import type { Member } from './member.js';

const UINT64_LIMIT = 1n << 64n;

/**
 * The context of an AddNode or AddLearnerNode made at run time. A promotion is an AddNode that
 * carries the id only.
 */
export interface ConfigChangeContext {
  readonly member: Member;
  readonly isPromote: boolean;
}

/**
 * As Go's encoding/json writes etcd's Member: id, peerURLs (null when there are none), isLearner,
 * name, clientURLs, the last three only when not empty. The same text is the context of bootstrap
 * and update changes, and the value in the `members` bucket.
 */
export function encodeMember(member: Member): string {
  return `{${memberFields(member)}}`;
}

/** Reads any field order and ignores unknown fields; an absent id is 0. Throws ExactJsonError. */
export function decodeMember(json: string): Member {
  return memberOf(objectOf(parseExactJson(json)));
}

/** The body of GET /members on the peer port, without Go's final newline. */
export function encodeMembers(members: readonly Member[]): string {
  return `[${members.map(encodeMember).join(',')}]`;
}

/** Throws ExactJsonError. */
export function decodeMembers(json: string): Member[] {
  const list = parseExactJson(json);
  if (list === null) return [];
  if (!isArray(list)) throw new ExactJsonError('expected an array of members');
  return list.map((item) => memberOf(objectOf(item)));
}

export function encodeConfigChangeContext({ member, isPromote }: ConfigChangeContext): string {
  return `{${memberFields(member)},"isPromote":${isPromote}}`;
}

/** Also reads a plain Member, which is no promotion. Throws ExactJsonError. */
export function decodeConfigChangeContext(json: string): ConfigChangeContext {
  const fields = objectOf(parseExactJson(json));
  return { member: memberOf(fields), isPromote: flag(fields, 'isPromote') };
}

function memberFields({ id, name, peerUrls, clientUrls, isLearner }: Member): string {
  const fields = [`"id":${BigInt.asUintN(64, id)}`];
  fields.push(`"peerURLs":${peerUrls.length > 0 ? encodeList(peerUrls) : 'null'}`);
  if (isLearner) fields.push('"isLearner":true');
  if (name !== '') fields.push(`"name":${encodeGoString(name)}`);
  if (clientUrls.length > 0) fields.push(`"clientURLs":${encodeList(clientUrls)}`);
  return fields.join(',');
}

function encodeList(items: readonly string[]): string {
  return `[${items.map(encodeGoString).join(',')}]`;
}

type Fields = ReadonlyMap<string, ExactJson>;

function memberOf(fields: Fields): Member {
  const name = fields.get('name') ?? '';
  if (typeof name !== 'string') throw new ExactJsonError('expected a string in name');
  return {
    id: memberId(fields.get('id')),
    name,
    peerUrls: strings(fields, 'peerURLs'),
    clientUrls: strings(fields, 'clientURLs'),
    isLearner: flag(fields, 'isLearner'),
  };
}

function memberId(value: ExactJson | undefined): MemberId {
  if (value === undefined || value === null) return MemberId(0n);
  if (typeof value === 'object' && 'digits' in value && /^\d+$/u.test(value.digits)) {
    const id = BigInt(value.digits);
    if (id < UINT64_LIMIT) return MemberId(id);
  }
  throw new ExactJsonError('expected an unsigned 64-bit number in id');
}

function strings(fields: Fields, name: string): readonly string[] {
  const list = fields.get(name) ?? [];
  if (isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw new ExactJsonError(`expected an array of strings in ${name}`);
}

function flag(fields: Fields, name: string): boolean {
  const value = fields.get(name) ?? false;
  if (typeof value !== 'boolean') throw new ExactJsonError(`expected true or false in ${name}`);
  return value;
}

function objectOf(value: ExactJson): Fields {
  if (value instanceof Map) return value;
  throw new ExactJsonError('expected an object');
}

function isArray(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value);
}

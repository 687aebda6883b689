import type { Rng } from '@etcd-ts/foundation';

import { chance, pick } from '../differential/universe.js';
import type { HttpRequest } from './http-request.js';

const USERS = ['root', 'ann', 'bob', 'a%20b', '_u'];
const ROLES = ['root', 'guest', 'r1', 'r2', '_r'];
const PASSWORDS = ['secret', 'other'];
const PATTERNS = ['/*', '/a/*', '/a', '/dir/*', 'b', '/_hidden/*'];
const JSON_TYPE = { 'Content-Type': 'application/json' };
const PAGES = [
  '/v2/keys',
  '/v2/machines',
  '/v2/machines/',
  '/v2/members',
  '/v2/members/',
  '/v2/members/leader',
  '/v2/members/leader/',
  '/v2/members/zz',
  '/v2/members/12',
  '/v2/stats/store/',
  '/v2/stats/leader',
  '/v2/stats/none',
  '/v2/stats/',
  '/v2/auth',
  '/v2/auth/none',
  '/v2/auth/enable/',
  '/v2/auth/users/a/b',
  '/v2/auth/roles/a/b',
  '/v2/keysx',
  '/v2',
  '/v2/',
  '/v2/none',
  '/v2//keys',
];
const METHODS = ['GET', 'GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'];
/** None changes the membership: a second member that never starts would end the quorum. */
const MEMBER_BODIES = [
  '{"peerURLs":["http://127.0.0.1:2380"]}',
  '{"peerURLs":[]}',
  '{"peerURLs":null}',
  '{}',
  'null',
  '{"peerURLs":["127.0.0.1:2380"]}',
  '{"peerURLs":["http://127.0.0.1"]}',
  '{"peerURLs":["http://127.0.0.1:2380/path"]}',
];

/** Pages beside the keys, with any method; nothing that changes the members. */
export function anyPageRequest(rng: Rng): HttpRequest {
  const target = pick(rng, PAGES);
  const method = pick(rng, METHODS);
  const members = target.startsWith('/v2/members');
  const body = members && ['PUT', 'POST'].includes(method) ? pick(rng, MEMBER_BODIES) : '';
  const headers = members && chance(rng, 0.9) ? JSON_TYPE : {};
  return { method, target, headers, body };
}

/** Users and roles; enabling them is the driver's to decide. */
export function anySecurityRequest(rng: Rng): HttpRequest {
  const isUser = chance(rng, 0.5);
  const name = pick(rng, isUser ? USERS : ROLES);
  const target = `/v2/auth/${isUser ? 'users' : 'roles'}${chance(rng, 0.15) ? '' : `/${name}`}`;
  const method = pick(rng, ['GET', 'GET', 'PUT', 'PUT', 'PUT', 'PUT', 'DELETE', 'POST']);
  const plain = decodeURIComponent(chance(rng, 0.05) ? 'another' : name);
  const body = method !== 'PUT' ? '' : isUser ? userBody(rng, plain) : roleBody(rng, plain);
  return { method, target, headers: JSON_TYPE, body };
}

/** The name and password that a request carries, or none. */
export function anyCredentials(rng: Rng): Record<string, string> {
  if (chance(rng, 0.2)) return {};
  if (chance(rng, 0.05))
    return { Authorization: pick(rng, ['Bearer x', 'Basic', 'Basic !', 'Basic eA==']) };
  const name = decodeURIComponent(pick(rng, USERS));
  return basic(name, pick(rng, PASSWORDS));
}

export function basic(name: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

function some(rng: Rng, items: readonly string[]): string[] {
  return Array.from({ length: rng.below(3) }, () => decodeURIComponent(pick(rng, items)));
}

function userBody(rng: Rng, user: string): string {
  if (chance(rng, 0.04))
    return pick(rng, ['', '{', '[]', '"x"', 'null', '{"user":5}', `{"user":"${user}"} more`]);
  return JSON.stringify({
    user,
    ...(chance(rng, 0.6) ? { password: pick(rng, PASSWORDS) } : {}),
    ...(chance(rng, 0.3) ? { roles: chance(rng, 0.3) ? null : some(rng, ROLES) } : {}),
    ...(chance(rng, 0.3) ? { grant: some(rng, ROLES) } : {}),
    ...(chance(rng, 0.2) ? { revoke: some(rng, ROLES) } : {}),
  });
}

function roleBody(rng: Rng, role: string): string {
  if (chance(rng, 0.04)) return pick(rng, ['', '{', '[]', 'null', '{"role":"r1","permissions":5}']);
  const permission = (): object => ({
    kv: {
      ...(chance(rng, 0.8) ? { read: some(rng, PATTERNS) } : {}),
      ...(chance(rng, 0.8) ? { write: chance(rng, 0.1) ? null : some(rng, PATTERNS) } : {}),
    },
  });
  return JSON.stringify({
    role,
    ...(chance(rng, 0.4) ? { permissions: permission() } : {}),
    ...(chance(rng, 0.3) ? { grant: permission() } : {}),
    ...(chance(rng, 0.2) ? { revoke: permission() } : {}),
  });
}

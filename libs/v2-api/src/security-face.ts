import type { V2Server } from '@etcd-ts/server';
import type { Answer, Exchange } from './exchange.js';
import { internalError, messageReply, noAccess } from './failure-reply.js';
import type { Gatekeeper } from './gatekeeper.js';
import { decodeFirst, GoDecodeError, text, texts } from './go-decode.js';
import type { Fields } from './go-decode.js';
import { goString } from './go-json.js';
import { readText } from './json-body.js';
import type { Role, RwPermission } from './permissions.js';
import { json, methodNotAllowed, notFound } from './reply.js';
import type { Reply } from './reply.js';
import { roleJson, roleOf, SecurityError, SecurityStore, userJson } from './security-store.js';
import type { User } from './security-store.js';

export const SECURITY_PREFIX = '/v2/auth/';
const ALL = ['GET', 'PUT', 'DELETE'];
const LISTS = ['GET'];

/** /v2/auth: users, roles, and whether they count. */
export class SecurityFace {
  readonly #server: V2Server;
  readonly #security: SecurityStore;
  readonly #gatekeeper: Gatekeeper;

  constructor(server: V2Server, security: SecurityStore, gatekeeper: Gatekeeper) {
    this.#server = server;
    this.#security = security;
    this.#gatekeeper = gatekeeper;
  }

  async answer(exchange: Exchange): Promise<Answer> {
    const [page = '', ...rest] = exchange.target.path.slice(SECURITY_PREFIX.length).split('/');
    const name = rest[0] ?? '';
    if (page === 'enable') {
      return rest.length > 0
        ? notFound()
        : this.#guarded(exchange, ALL, () => this.#flag(exchange.method));
    }
    if (page !== 'users' && page !== 'roles') return notFound();
    if (rest.length > 1) return messageReply(400, 'Invalid path');
    if (name === '') {
      return this.#guarded(exchange, LISTS, () =>
        page === 'users' ? this.#users() : this.#roles(),
      );
    }
    return this.#guarded(exchange, ALL, () =>
      page === 'users' ? this.#user(exchange, name) : this.#role(exchange, name),
    );
  }

  async #guarded(
    exchange: Exchange,
    methods: readonly string[],
    handle: () => Reply | Promise<Reply>,
  ): Promise<Reply> {
    const { method, request, target } = exchange;
    if (!methods.includes(method)) return methodNotAllowed(methods);
    const open = method === 'GET' && target.path === `${SECURITY_PREFIX}enable`;
    if (!open && !(await this.#gatekeeper.admitsAsRoot(request))) return noAccess();
    const reply = await this.#attempt(handle);
    const headers = { 'X-Etcd-Cluster-Id': this.#server.clusterId(), ...reply.headers };
    return { ...reply, headers };
  }

  async #attempt(handle: () => Reply | Promise<Reply>): Promise<Reply> {
    try {
      return await handle();
    } catch (error) {
      if (error instanceof SecurityError) return messageReply(error.status, error.message);
      if (error instanceof GoDecodeError) return messageReply(400, 'Invalid JSON in request body.');
      // Not applied, or nobody knows: a time-out, no leader. The words are for keys only.
      if (error instanceof Error) return internalError();
      throw error;
    }
  }

  async #flag(method: string): Promise<Reply> {
    if (method === 'GET') return json(200, `{"enabled":${this.#security.enabled()}}\n`);
    await (method === 'PUT' ? this.#security.enable() : this.#security.disable());
    return json(200, '');
  }

  #users(): Reply {
    const names = this.#security.userNames();
    if (names.length === 0) return json(200, '{"users":null}\n');
    const users = names.map((name) =>
      this.#userWithRoles(this.#security.user(name), () => undefined),
    );
    return json(200, `{"users":[${users.join(',')}]}\n`);
  }

  #roles(): Reply {
    const roles = this.#security.roleNames().map((name) => roleJson(this.#knownRole(name)));
    return json(200, `{"roles":[${roles.join(',')}]}\n`);
  }

  async #user(exchange: Exchange, name: string): Promise<Reply> {
    switch (exchange.method) {
      case 'GET': {
        const user = this.#security.user(name);
        return json(200, `${this.#userWithRoles(user, (role) => this.#knownRole(role))}\n`);
      }
      case 'PUT':
        return this.#putUser(await bodyFields(exchange), name);
      default:
        await this.#security.deleteUser(name);
        return json(200, '');
    }
  }

  async #putUser(fields: Fields, name: string): Promise<Reply> {
    const change = {
      user: text(fields, 'user'),
      password: text(fields, 'password'),
      roles: texts(fields, 'roles'),
      grant: texts(fields, 'grant'),
      revoke: texts(fields, 'revoke'),
    };
    if (change.user !== name) {
      return messageReply(400, 'User JSON name does not match the name in the URL');
    }
    const named = (change.roles ?? []).length > 0;
    if ((change.grant ?? []).length + (change.revoke ?? []).length > 0) {
      if (named) return messageReply(400, 'User JSON contains both roles and grant/revoke');
      return userReply(200, await this.#security.updateUser(change));
    }
    // Whoever names the roles means a new user; else both may be meant.
    if (named) return userReply(200, await this.#security.createUser(change));
    const { user, created } = await this.#security.createOrUpdateUser(change);
    return userReply(created ? 201 : 200, user);
  }

  async #role(exchange: Exchange, name: string): Promise<Reply> {
    switch (exchange.method) {
      case 'GET':
        return json(200, `${roleJson(this.#knownRole(name))}\n`);
      case 'PUT':
        return this.#putRole(await bodyFields(exchange), name);
      default:
        await this.#security.deleteRole(name);
        return json(200, '');
    }
  }

  async #putRole(fields: Fields, name: string): Promise<Reply> {
    const role = roleOf(fields);
    if (role.role !== name) {
      return messageReply(400, 'Role JSON name does not match the name in the URL');
    }
    const patterns = (kv: RwPermission | undefined): number =>
      (kv?.read ?? []).length + (kv?.write ?? []).length;
    if (patterns(role.grant) + patterns(role.revoke) === 0) {
      await this.#security.createRole(role);
      return json(201, `${roleJson(role)}\n`);
    }
    if (patterns(role.kv) > 0) {
      return messageReply(400, 'Role JSON contains both permissions and grant/revoke');
    }
    const updated = await this.#security.updateRole(role);
    return json(200, `${roleJson(updated)}\n`);
  }

  #knownRole(name: string): Role {
    const role = this.#security.role(name);
    if (role === undefined) throw new SecurityError(404, `Role ${name} does not exist.`);
    return role;
  }

  /** With what each role may do; one that does not exist is left out, or is `missing`'s to judge. */
  #userWithRoles(user: User, missing: (role: string) => Role | undefined): string {
    const roles = (user.roles ?? [])
      .map((name) => this.#security.role(name) ?? missing(name))
      .filter((role) => role !== undefined)
      .map(roleJson);
    const shown = roles.length === 0 ? '' : `,"roles":[${roles.join(',')}]`;
    return `{"user":${goString(user.user)}${shown}}`;
  }
}

function userReply(status: number, user: User): Reply {
  return json(status, `${userJson({ ...user, password: '' })}\n`);
}

async function bodyFields(exchange: Exchange): Promise<Fields> {
  const body = await readText(exchange);
  if (body === undefined) throw new GoDecodeError('no body');
  return decodeFirst(body);
}

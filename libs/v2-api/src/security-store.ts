import { V2_CODE, v2Request } from '@etcd-ts/v2-store';
import type { V2Failure, V2Request } from '@etcd-ts/v2-store';
import type { V2Server } from '@etcd-ts/server';
import { decodeWhole, fieldsOf, text, texts } from './go-decode.js';
import type { Fields } from './go-decode.js';
import { goString, goStrings } from './go-json.js';
import { GUEST, GUEST_ROLE, mergePermissions, ROOT, ROOT_ROLE, sortedSet } from './permissions.js';
import type { Role, RwPermission } from './permissions.js';
import type { V2Passwords } from './v2-passwords.js';

/** Beside the keys' namespace, where etcd keeps it: no key can name it. */
const NAMESPACE = '/2';
const FLAG = `${NAMESPACE}/enabled`;
const USERS = `${NAMESPACE}/users`;
const ROLES = `${NAMESPACE}/roles`;

export interface User {
  readonly user: string;
  /** Its bcrypt hash. */
  readonly password: string;
  /** Null and empty are not the same, as in Go. */
  readonly roles: readonly string[] | null;
}

export interface UserChange {
  readonly user: string;
  /** In the clear; empty: not said. */
  readonly password: string;
  readonly roles: readonly string[] | null;
  readonly grant: readonly string[] | null;
  readonly revoke: readonly string[] | null;
}

/** What cannot be done, with the status and etcd's words for it. */
export class SecurityError extends Error {
  override readonly name = 'SecurityError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(`auth: ${message}`);
    this.status = status;
  }
}

/**
 * Users, roles and whether they count, in the v2 store: replicated, and read anew each time, so that
 * nothing has to be told when they change. Every method may reject as `V2Server.propose` does, and
 * with SecurityError.
 */
export class SecurityStore {
  readonly #server: V2Server;
  readonly #passwords: V2Passwords;

  constructor(server: V2Server, passwords: V2Passwords) {
    this.#server = server;
    this.#passwords = passwords;
  }

  enabled(): boolean {
    return this.#value(FLAG) === 'true';
  }

  async enable(): Promise<void> {
    if (this.enabled()) throw new SecurityError(409, 'already enabled');
    await this.#server.linearize();
    if (this.#user(ROOT) === undefined) {
      throw new SecurityError(409, 'No root user available, please create one');
    }
    if (this.role(GUEST) === undefined) await this.createRole(GUEST_ROLE);
    await this.#setFlag(true);
  }

  async disable(): Promise<void> {
    if (!this.enabled()) throw new SecurityError(409, 'already disabled');
    await this.#setFlag(false);
  }

  /** By name. */
  userNames(): string[] {
    return this.#names(USERS).sort();
  }

  user(name: string): User {
    return this.#user(name) ?? missing('User', name);
  }

  /** Undefined: no such user, or another password. */
  async login(name: string, password: string): Promise<User | undefined> {
    const user = this.#user(name);
    if (user === undefined) return undefined;
    return (await this.#passwords.matches(password, user.password)) ? user : undefined;
  }

  async createOrUpdateUser(
    change: UserChange,
  ): Promise<{ readonly user: User; readonly created: boolean }> {
    await this.#server.linearize();
    const exists = this.#user(change.user) !== undefined;
    const user = exists ? await this.updateUser(change) : await this.createUser(change);
    return { user, created: !exists };
  }

  async createUser({ user: name, password, roles }: UserChange): Promise<User> {
    if (password === '') {
      throw new SecurityError(400, `Cannot create user ${name} with an empty password`);
    }
    const user: User = {
      user: name,
      password: await this.#passwords.hash(password),
      roles: name === ROOT && roles?.includes(ROOT) !== true ? [...(roles ?? []), ROOT] : roles,
    };
    const failure = await this.#write(`${USERS}/${name}`, userJson(user), false);
    if (failure?.code === V2_CODE.keyExists)
      throw new SecurityError(409, `User ${name} already exists.`);
    refuseOther(failure);
    return user;
  }

  async updateUser(change: UserChange): Promise<User> {
    await this.#server.linearize();
    const old = this.#user(change.user) ?? missing('User', change.user);
    const roles = mergedRoles(old, change);
    if (change.password === '' && sameList(old.roles, roles)) {
      const remedy = 'Use grant/revoke/password to update the user.';
      throw new SecurityError(400, `User not updated. ${remedy}`);
    }
    const password =
      change.password === '' ? old.password : await this.#passwords.hash(change.password);
    const user = { user: change.user, password, roles };
    refuseOther(await this.#write(`${USERS}/${change.user}`, userJson(user), true));
    return user;
  }

  async deleteUser(name: string): Promise<void> {
    if (this.enabled() && name === ROOT) {
      throw new SecurityError(403, 'Cannot delete root user while auth is enabled.');
    }
    const failure = await this.#delete(`${USERS}/${name}`);
    if (failure?.code === V2_CODE.keyNotFound)
      throw new SecurityError(404, `User ${name} does not exist`);
    refuseOther(failure);
  }

  /** By name, with the one that is always there. */
  roleNames(): string[] {
    return [...this.#names(ROLES), ROOT].sort();
  }

  role(name: string): Role | undefined {
    if (name === ROOT) return ROOT_ROLE;
    const value = this.#value(`${ROLES}/${name}`);
    return value === undefined ? undefined : roleOf(decodeWhole(value));
  }

  async createRole(role: Role): Promise<void> {
    refuseRootRole(role.role);
    const failure = await this.#write(`${ROLES}/${role.role}`, roleJson(role), false);
    if (failure?.code === V2_CODE.keyExists)
      throw new SecurityError(409, `Role ${role.role} already exists.`);
    refuseOther(failure);
  }

  async updateRole({ role: name, grant, revoke }: Role): Promise<Role> {
    refuseRootRole(name);
    await this.#server.linearize();
    const old = this.role(name) ?? missing('Role', name);
    const merge = mergePermissions(old.kv, grant, revoke);
    if (merge.kind === 'duplicate')
      throw new SecurityError(409, `Granting duplicate ${merge.what}`);
    const kv = merge.value;
    if (sameList(old.kv.read, kv.read) && sameList(old.kv.write, kv.write)) {
      throw new SecurityError(400, 'Role not updated. Use grant/revoke to update the role.');
    }
    const role = { role: name, kv };
    refuseOther(await this.#write(`${ROLES}/${name}`, roleJson(role), true));
    return role;
  }

  async deleteRole(name: string): Promise<void> {
    refuseRootRole(name);
    const failure = await this.#delete(`${ROLES}/${name}`);
    if (failure?.code === V2_CODE.keyNotFound)
      throw new SecurityError(404, `Role ${name} doesn't exist.`);
    refuseOther(failure);
  }

  #user(name: string): User | undefined {
    const value = this.#value(`${USERS}/${name}`);
    if (value === undefined) return undefined;
    const fields = decodeWhole(value);
    return {
      user: text(fields, 'user'),
      password: text(fields, 'password'),
      roles: texts(fields, 'roles'),
    };
  }

  #value(path: string): string | undefined {
    return this.#server.value(path);
  }

  #names(path: string): string[] {
    const answer = this.#server.get(path, { recursive: false, sorted: false });
    const nodes = answer.kind === 'node' ? (answer.node.nodes ?? []) : [];
    return nodes.map(({ key }) => key.slice(path.length + 1));
  }

  async #setFlag(enabled: boolean): Promise<void> {
    refuseOther(await this.#write(FLAG, String(enabled), true));
  }

  /** As etcd makes them, at the first change of any kind. */
  async #ensureDirectories(): Promise<void> {
    if (this.#value(FLAG) !== undefined) return;
    for (const path of [NAMESPACE, USERS, ROLES]) {
      const directory = { method: 'PUT', path, dir: true, prevExist: false };
      refuseUnlessThere(await this.#propose(directory));
    }
    const flag = { method: 'PUT', path: FLAG, value: 'false', prevExist: false };
    refuseUnlessThere(await this.#propose(flag));
  }

  #write(path: string, value: string, prevExist: boolean): Promise<V2Failure | undefined> {
    return this.#change({ method: 'PUT', path, value, prevExist });
  }

  #delete(path: string): Promise<V2Failure | undefined> {
    return this.#change({ method: 'DELETE', path });
  }

  async #change(request: Partial<V2Request>): Promise<V2Failure | undefined> {
    await this.#ensureDirectories();
    return this.#propose(request);
  }

  async #propose(request: Partial<V2Request>): Promise<V2Failure | undefined> {
    const outcome = await this.#server.propose(
      v2Request({ ...request, timeNs: this.#server.nowNs() }),
    );
    return outcome.kind === 'failed' ? outcome : undefined;
  }
}

function missing(kind: 'User' | 'Role', name: string): never {
  throw new SecurityError(404, `${kind} ${name} does not exist.`);
}

function refuseRootRole(name: string): void {
  if (name === ROOT) throw new SecurityError(403, `Cannot modify role ${name}: is root role.`);
}

function refuseUnlessThere(failure: V2Failure | undefined): void {
  if (failure?.code !== V2_CODE.keyExists) refuseOther(failure);
}

function refuseOther(failure: V2Failure | undefined): void {
  if (failure !== undefined) throw new Error(`security store: ${failure.code} ${failure.cause}`);
}

function mergedRoles(old: User, { user, grant, revoke }: UserChange): string[] {
  const roles = new Set(old.roles ?? []);
  for (const role of grant ?? []) {
    if (roles.has(role))
      throw new SecurityError(409, `Granting duplicate role ${role} for user ${user}`);
    roles.add(role);
  }
  for (const role of revoke ?? []) {
    if (!roles.delete(role))
      throw new SecurityError(409, `Revoking ungranted role ${role} for user ${user}`);
  }
  return sortedSet([...roles]);
}

function sameList(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

/** With the hash of the password if there is one: for the store, never for an answer. */
export function userJson({ user, password, roles }: User): string {
  const secret = password === '' ? '' : `,"password":${goString(password)}`;
  return `{"user":${goString(user)}${secret},"roles":${goStrings(roles)}}`;
}

export function roleJson({ role, kv, grant, revoke }: Role): string {
  const fields = [`"role":${goString(role)}`, `"permissions":${permissionJson(kv)}`];
  if (grant !== undefined) fields.push(`"grant":${permissionJson(grant)}`);
  if (revoke !== undefined) fields.push(`"revoke":${permissionJson(revoke)}`);
  return `{${fields.join(',')}}`;
}

function permissionJson({ read, write }: RwPermission): string {
  return `{"kv":{"read":${goStrings(read)},"write":${goStrings(write)}}}`;
}

export function roleOf(fields: Fields): Role {
  const [grant, revoke] = ['grant', 'revoke'].map((name) => permissionOf(fields.get(name)));
  return {
    role: text(fields, 'role'),
    kv: permissionOf(fields.get('permissions')) ?? { read: null, write: null },
    ...(grant && { grant }),
    ...(revoke && { revoke }),
  };
}

/** Undefined if it is not there. */
export function permissionOf(value: unknown): RwPermission | undefined {
  if (value === undefined || value === null) return undefined;
  const kv = fieldsOf(fieldsOf(value).get('kv'));
  return { read: texts(kv, 'read'), write: texts(kv, 'write') };
}

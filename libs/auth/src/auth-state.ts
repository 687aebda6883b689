import { AuthRecords } from './auth-records.js';
import type { AuthBuckets } from './auth-records.js';
import type { Role } from './role.js';
import { compareNames } from './role.js';
import { unifyPermissions } from './user-permissions.js';
import type { UserPermissions } from './user-permissions.js';
import type { User } from './user.js';

/** The revision of a store that nobody has changed yet. */
const FIRST_REVISION = 1;

/**
 * Users, roles and the auth revision, in memory as in the buckets. Everything here is replicated:
 * it changes by applied entries and by snapshots only, so it may decide whether an entry applies.
 */
export class AuthState {
  readonly #records: AuthRecords;
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, Role>();
  /** Made when first asked for after a change; a cache of the two maps, dropped with any change. */
  readonly #permissions = new Map<string, UserPermissions>();
  #enabled = false;
  #revision = 0;
  #generation = 0;

  constructor(buckets: AuthBuckets) {
    this.#records = new AuthRecords(buckets);
  }

  /** Replaces all state by the buckets': at the start, and whenever a snapshot has replaced them. */
  load(): void {
    this.#users.clear();
    this.#roles.clear();
    for (const user of this.#records.users()) this.#users.set(user.name, user);
    for (const role of this.#records.roles()) this.#roles.set(role.name, role);
    this.#enabled = this.#records.enabled();
    this.#revision = this.#records.revision();
    this.#changed();
    // As etcd: a fresh store has a revision from its first start on, so that 0 can mean "nobody".
    if (this.#revision === 0) this.#saveRevision(FIRST_REVISION);
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Another number after every change, enabling included: what was decided before may be void. */
  get generation(): number {
    return this.#generation;
  }

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  /** By name, in byte order. */
  users(): User[] {
    return [...this.#users.values()].sort((a, b) => compareNames(a.name, b.name));
  }

  roles(): Role[] {
    return [...this.#roles.values()].sort((a, b) => compareNames(a.name, b.name));
  }

  /** Undefined for a user who does not exist. Roles that do not exist grant nothing. */
  permissionsOf(username: string): UserPermissions | undefined {
    const known = this.#permissions.get(username);
    if (known !== undefined) return known;
    const user = this.#users.get(username);
    if (user === undefined) return undefined;
    const roles = user.roles.flatMap((name) => this.#roles.get(name) ?? []);
    const permissions = unifyPermissions(roles);
    this.#permissions.set(username, permissions);
    return permissions;
  }

  setEnabled(enabled: boolean): void {
    this.#enabled = enabled;
    this.#records.saveEnabled(enabled);
    this.#changed();
  }

  putUser(user: User): void {
    this.#users.set(user.name, user);
    this.#records.saveUser(user);
    this.#changed();
  }

  deleteUser(name: string): void {
    this.#users.delete(name);
    this.#records.deleteUser(name);
    this.#changed();
  }

  putRole(role: Role): void {
    this.#roles.set(role.name, role);
    this.#records.saveRole(role);
    this.#changed();
  }

  deleteRole(name: string): void {
    this.#roles.delete(name);
    this.#records.deleteRole(name);
    this.#changed();
  }

  /** Once for every request that changed something: tokens that carry a revision are old then. */
  commitRevision(): void {
    this.#saveRevision(this.#revision + 1);
    this.#changed();
  }

  #saveRevision(revision: number): void {
    this.#revision = revision;
    this.#records.saveRevision(revision);
  }

  #changed(): void {
    this.#generation++;
    this.#permissions.clear();
  }
}

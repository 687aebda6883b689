import type { Operation } from '@etcd-ts/checker';
import { eventually, pause, type ClusterMember, type Method, type Outcome } from '@etcd-ts/testkit';
import {
  AuthDefinition,
  AuthDisableRequest,
  AuthEnableRequest,
  AuthRoleAddRequest,
  AuthRoleGetRequest,
  AuthRoleGrantPermissionRequest,
  AuthRoleRevokePermissionRequest,
  AuthStatusRequest,
  AuthUserAddRequest,
  AuthUserGrantRoleRequest,
  Permission_Type,
} from '@etcd-ts/wire-protocol';

import type { Caller } from '../../cluster/load/cluster-load.js';
import { call, type CallEnd } from '../../cluster/load/operation-call.js';
import { ask, DEADLINE_MS, someone } from './disturbance.js';
import type { Disturbance, Surroundings } from './disturbance.js';
import { Logins } from './logins.js';

const AUTH = AuthDefinition.methods;
const ROOT = 'root';
/** May do everything below its prefix; and who may do nothing at all. */
const WRITER = 'writer';
const STRANGER = 'stranger';
/** Clients of intruders are numbered apart from all others: nobody by name, and these. */
const NAMELESS_CLIENT = 600_000;
const STRANGER_CLIENT = 600_001;
const WRITER_CLIENT = 600_002;
const INTRUSIONS = 6;
const REST_MS = 40;
const OPEN_AGAIN_MS = 50;
/** Then it is left to whoever comes next, and to the end. */
const OPEN_LIMIT_MS = 30_000;

/**
 * Authentication is switched on and off under traffic. Half of the clients have a name and go on
 * meanwhile; all others are refused, and so is everybody whose right was just taken away: who gets
 * through breaks a promise, whichever member was asked and however far that is behind.
 */
export class Access implements Disturbance {
  readonly everyMs = [300, 900] as const;
  readonly #prefix: string;
  readonly #range: { readonly key: Buffer; readonly rangeEnd: Buffer };
  readonly #logins = new Logins();
  #isPrepared = false;
  #breach: string | undefined;

  /** All prefixes of such traffic begin with its letter. */
  constructor(letter: string) {
    this.#prefix = letter;
    const end = String.fromCharCode(letter.charCodeAt(0) + 1);
    this.#range = { key: Buffer.from(letter), rangeEnd: Buffer.from(end) };
  }

  /** Undefined: without a name. */
  callerFor(client: number): Caller | undefined {
    if (client === STRANGER_CLIENT) return this.#as(STRANGER);
    if (client === WRITER_CLIENT) return this.#as(WRITER);
    return client < NAMELESS_CLIENT && client % 2 === 0 ? this.#as(WRITER) : undefined;
  }

  #as(user: string): Caller {
    return async (member, operation, deadlineMs) => {
      const send = (): Promise<CallEnd> =>
        call(member.client, operation, deadlineMs, this.#logins.of(user, member));
      const end = await send();
      if (end.kind === 'ok') return end;
      // Refused for a token that is none any more: nothing was done.
      return (await this.#logins.refresh(user, member, end.message)) ? send() : end;
    };
  }

  async once(around: Surroundings): Promise<void> {
    const asked = someone(around);
    this.#isPrepared ||= await this.#prepare(asked);
    if (!this.#isPrepared) return;
    try {
      const { kind } = await ask(
        asked,
        AuthDefinition,
        AUTH.authEnable,
        AuthEnableRequest.create(),
      );
      if (kind === 'ok') await this.#intrude(around, asked);
    } finally {
      await this.#open(around, asked);
    }
  }

  /** Every member takes it, so that nothing that was asked there before comes later. */
  async settle(around: Surroundings): Promise<string | undefined> {
    for (const member of around.cluster.members) {
      await eventually(`${member.name} disables authentication`, async () =>
        (await this.#disable(member)) ? true : undefined,
      );
    }
    return this.#breach;
  }

  /** While nobody needs a name. What is there already is refused, and need not be there twice. */
  async #prepare(member: ClusterMember): Promise<boolean> {
    const grants: Outcome<unknown>[] = [];
    for (const name of [ROOT, WRITER, STRANGER]) {
      const user = AuthUserAddRequest.fromPartial({ name, password: name });
      await ask(member, AuthDefinition, AUTH.userAdd, user);
      if (name === STRANGER) continue;
      await ask(member, AuthDefinition, AUTH.roleAdd, AuthRoleAddRequest.fromPartial({ name }));
      const grant = AuthUserGrantRoleRequest.fromPartial({ user: name, role: name });
      grants.push(await ask(member, AuthDefinition, AUTH.userGrantRole, grant));
    }
    grants.push(await this.#grant(member));
    return grants.every(({ kind }) => kind === 'ok');
  }

  #grant(member: ClusterMember): Promise<Outcome<unknown>> {
    const perm = { permType: Permission_Type.READWRITE, ...this.#range };
    const request = AuthRoleGrantPermissionRequest.fromPartial({ name: WRITER, perm });
    return this.#askAsRoot(member, AUTH.roleGrantPermission, request);
  }

  #revoke(member: ClusterMember): Promise<Outcome<unknown>> {
    const request = AuthRoleRevokePermissionRequest.fromPartial({ role: WRITER, ...this.#range });
    return this.#askAsRoot(member, AUTH.roleRevokePermission, request);
  }

  async #intrude(around: Surroundings, asked: ClusterMember): Promise<void> {
    const { rng, load } = around;
    for (let i = 0; i < INTRUSIONS; i++) {
      const client = [NAMELESS_CLIENT, STRANGER_CLIENT, WRITER_CLIENT][rng.below(3)] as number;
      const isWriter = client === WRITER_CLIENT;
      if (isWriter && (await this.#revoke(asked)).kind !== 'ok') continue;
      const before = await this.#revision(around);
      const key = `${this.#prefix}/intruder`;
      const operation: Operation =
        rng.below(2) === 0 ? { kind: 'put', key, value: `${i}` } : { kind: 'range', key };
      const member = someone(around);
      const { kind } = await load.perform(client, operation, member, DEADLINE_MS);
      // A grant of before, that nobody knows the end of, may have come after the revocation.
      const isLate = kind === 'ok' && isWriter && (await this.#isGranted(around));
      if (kind === 'ok' && !isLate) {
        await this.#judge(around, before, `${operation.kind} at ${member.name}`);
      }
      if (isWriter) await this.#grant(asked);
      await pause(REST_MS);
    }
  }

  async #isGranted(around: Surroundings): Promise<boolean> {
    const request = AuthRoleGetRequest.fromPartial({ role: WRITER });
    const roles = await this.#answersOfAll(around, AUTH.roleGet, request);
    return roles.some(({ perm }) => perm.length > 0);
  }

  /** A switch that nobody knows the end of may have come late: then the revision is another one. */
  async #judge(around: Surroundings, before: bigint | undefined, what: string): Promise<void> {
    const after = await this.#revision(around);
    if (before === undefined || after !== before) return;
    this.#breach ??= `somebody without the right got through: ${what}, authentication at ${after}`;
  }

  /** Of users and roles, at whoever is furthest; undefined: it is not certain that it is on. */
  async #revision(around: Surroundings): Promise<bigint | undefined> {
    const all = await this.#answersOfAll(around, AUTH.authStatus, AuthStatusRequest.create());
    const furthest = all.reduce<(typeof all)[number] | undefined>(
      (highest, status) =>
        highest === undefined || status.authRevision > highest.authRevision ? status : highest,
      undefined,
    );
    return furthest?.enabled === true ? furthest.authRevision : undefined;
  }

  /** Of those members that give one. */
  async #answersOfAll<Request, Response>(
    { cluster }: Surroundings,
    method: Method<Request, Response>,
    request: Request,
  ): Promise<readonly Response[]> {
    const all = await Promise.all(
      cluster.awake.map((member) => this.#askAsRoot(member, method, request)),
    );
    return all.flatMap((outcome) => (outcome.kind === 'ok' ? [outcome.response] : []));
  }

  async #open(around: Surroundings, asked: ClusterMember): Promise<void> {
    const untilMs = performance.now() + OPEN_LIMIT_MS;
    for (let member = asked; !(await this.#disable(member)); member = someone(around)) {
      if (performance.now() > untilMs) return;
      await pause(OPEN_AGAIN_MS);
    }
    // It may have been cut short between the two.
    await this.#grant(asked);
  }

  async #disable(member: ClusterMember): Promise<boolean> {
    const request = AuthDisableRequest.create();
    return (await this.#askAsRoot(member, AUTH.authDisable, request)).kind === 'ok';
  }

  /** Once more with a new token, if the old one was of no use. */
  async #askAsRoot<Request, Response>(
    member: ClusterMember,
    method: Method<Request, Response>,
    request: Request,
  ): Promise<Outcome<Response>> {
    const again = (): Promise<Outcome<Response>> =>
      ask(member, AuthDefinition, method, request, this.#logins.of(ROOT, member));
    const outcome = await again();
    if (outcome.kind === 'ok') return outcome;
    return (await this.#logins.refresh(ROOT, member, outcome.message)) ? again() : outcome;
  }
}

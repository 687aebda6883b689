import { pickWeighted } from '@etcd-ts/checker';
import type { Rng } from '@etcd-ts/foundation';
import type { AuthOperations, CallOrigin } from '@etcd-ts/server';
import { Permission_Type } from '@etcd-ts/wire-protocol';

import type { EventQueue } from '../time/event-queue.js';
import type { Endpoint } from './client.js';

export interface AdministratorParts {
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly endpoints: () => readonly Endpoint[];
  /** What may be allowed to somebody. */
  readonly prefixes: readonly string[];
  /** The mean time between two changes. */
  readonly everyMs: number;
}

const ROOT = 'root';
const USERS = ['user0', 'user1', 'user2'];
const ROLES = ['role0', 'role1'];
/** Of the clients that come without a name. */
const NAMELESS_EVERY = 5;

/** Who a client is, by the name in its certificate: nothing to hash, no token to lose. */
export function originOf(client: number): CallOrigin {
  const isNameless = client % NAMELESS_EVERY === NAMELESS_EVERY - 1;
  return {
    metadata: { get: () => undefined },
    peer: `client${client}`,
    ...(isNameless ? {} : { peerCertificateCommonName: USERS[client % USERS.length] as string }),
  };
}

type Change = (auth: AuthOperations) => Promise<unknown>;

/**
 * Somebody who cannot decide about users and roles: adds and removes them, gives them rights and
 * takes them back, switches authentication on and off, all while others work. What is refused, or
 * lost, is not repeated: the members must agree on what became of it, whatever that was.
 */
export class Administrator {
  readonly #parts: AdministratorParts;
  #isStopped = false;

  constructor(parts: AdministratorParts) {
    this.#parts = parts;
  }

  start(): void {
    const { queue, rng, everyMs } = this.#parts;
    // Without these nothing can be enabled; asked until somebody serves.
    for (const [i, change] of foundation().entries()) {
      for (const atMs of [1000, 2500, 4000])
        queue.in(atMs + 50 * i, undefined, () => this.#ask(change));
    }
    const next = (): void => {
      if (this.#isStopped) return;
      this.#ask(nextChange(rng, this.#parts.prefixes));
      queue.in(-Math.log(1 - rng.next()) * everyMs, undefined, next);
    };
    queue.in(everyMs, undefined, next);
  }

  stop(): void {
    this.#isStopped = true;
  }

  #ask(change: Change): void {
    const { queue, rng, endpoints } = this.#parts;
    const all = endpoints();
    const serving = all[rng.below(all.length)]?.serving();
    if (serving === undefined) return;
    const { member, process } = serving;
    queue.in(0, process, () => {
      // Refusals are answers too.
      change(member.server.auth).catch(() => undefined);
    });
  }
}

function foundation(): readonly Change[] {
  return [
    (auth) => addUser(auth, ROOT),
    (auth) => auth.roleAdd(ROOT),
    (auth) => auth.userGrantRole({ user: ROOT, role: ROOT }),
    ...USERS.map(
      (name): Change =>
        (auth) =>
          addUser(auth, name),
    ),
    ...ROLES.map(
      (name): Change =>
        (auth) =>
          auth.roleAdd(name),
    ),
    ...USERS.map(
      (user): Change =>
        (auth) =>
          auth.userGrantRole({ user, role: 'role0' }),
    ),
  ];
}

function nextChange(rng: Rng, prefixes: readonly string[]): Change {
  const user = USERS[rng.below(USERS.length)] as string;
  const role = ROLES[rng.below(ROLES.length)] as string;
  const prefix = prefixes[rng.below(prefixes.length)] as string;
  const key = Buffer.from(prefix);
  const rangeEnd = Buffer.from(`${prefix}~`);
  const { READ, WRITE, READWRITE } = Permission_Type;
  const permType = [READ, WRITE, READWRITE, READWRITE][rng.below(4)] ?? READWRITE;
  return pickWeighted<Change>(rng, [
    [(auth) => auth.enable(), 4],
    [(auth) => auth.disable(), 2],
    [(auth) => addUser(auth, user), 3],
    [(auth) => auth.userDelete(user), 1],
    [(auth) => auth.roleAdd(role), 3],
    [(auth) => auth.roleDelete(role), 1],
    [(auth) => auth.userGrantRole({ user, role }), 5],
    [(auth) => auth.userRevokeRole({ name: user, role }), 2],
    [(auth) => auth.roleGrantPermission({ name: role, perm: { permType, key, rangeEnd } }), 8],
    [(auth) => auth.roleRevokePermission({ role, key, rangeEnd }), 2],
  ]);
}

function addUser(auth: AuthOperations, name: string): Promise<unknown> {
  const options = { noPassword: true };
  const request = { name, password: '', options, hashedPassword: '' };
  return auth.userAdd(request, new AbortController().signal);
}

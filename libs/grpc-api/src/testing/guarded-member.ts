import { LeaseId, NO_LEASE } from '@etcd-ts/foundation';
import { AuthUserAddRequest, PutRequest, RangeRequest } from '@etcd-ts/wire-protocol';

import { DirectCalls } from './direct-calls.js';
import { ServedMember } from './served-member.js';

export const PASSWORD = 'open sesame';
/** Leases with one attached key each. */
export const LEASE_IN = 0x11n;
export const LEASE_OUT = 0x22n;

const patient = (): AbortSignal => new AbortController().signal;

/** A member with users: `writer` and `reader` have what is from "a" up to "b", `root` all. */
export class GuardedMember {
  readonly served: ServedMember;
  readonly calls: DirectCalls;
  readonly tokens = new Map<string, string>();

  static async start(): Promise<GuardedMember> {
    const guarded = new GuardedMember(await ServedMember.start(['--bcrypt-cost', '4']));
    await guarded.#populate();
    return guarded;
  }

  private constructor(served: ServedMember) {
    this.served = served;
    this.calls = new DirectCalls(served.services);
  }

  async put(key: string, lease: bigint = NO_LEASE): Promise<void> {
    const { keyValues } = this.served.member.server;
    const value = Buffer.from('value');
    await keyValues.put(PutRequest.create({ key: Buffer.from(key), value, lease }));
  }

  async value(key: string): Promise<string | undefined> {
    const request = RangeRequest.create({ key: Buffer.from(key) });
    const { kvs } = await this.served.member.server.keyValues.range(request);
    return kvs[0]?.value.toString();
  }

  /** The leases and their keys, whatever has become of them. */
  async leases(): Promise<void> {
    const { leases } = this.served.member.server;
    for (const [ID, key] of [
      [LEASE_IN, 'a-leased'],
      [LEASE_OUT, 'z-leased'],
    ] as const) {
      if (!(await leases.list()).includes(LeaseId(ID))) await leases.grant({ ID, TTL: 3600n });
      await this.put(key, ID);
    }
  }

  async logIn(name: string): Promise<string> {
    const { auth } = this.served.member.server;
    const { token } = await auth.authenticate(name, PASSWORD, patient());
    this.tokens.set(name, token);
    return token;
  }

  async #populate(): Promise<void> {
    const { auth } = this.served.member.server;
    for (const name of ['root', 'writer', 'reader', 'roleless']) {
      await auth.userAdd(AuthUserAddRequest.create({ name, password: PASSWORD }), patient());
    }
    const perm = { key: Buffer.from('a'), rangeEnd: Buffer.from('b') };
    for (const [name, permType] of [
      ['reader', 0],
      ['writer', 2],
    ] as const) {
      await auth.roleAdd(name);
      await auth.roleGrantPermission({ name, perm: { ...perm, permType } });
      await auth.userGrantRole({ user: name, role: name });
    }
    await auth.userGrantRole({ user: 'root', role: 'root' });
    await this.leases();
    await auth.enable();
    for (const name of ['root', 'writer', 'reader', 'roleless']) await this.logIn(name);
  }

  dispose(): Promise<void> {
    return this.served.dispose();
  }
}

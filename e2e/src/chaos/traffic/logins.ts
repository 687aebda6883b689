import type { ClusterMember } from '@etcd-ts/testkit';
import { AuthDefinition, AuthenticateRequest } from '@etcd-ts/wire-protocol';

import { ask } from './disturbance.js';

/** What a member says to whom it does not know, or does not know any more. */
const STRANGE = new Set([
  'etcdserver: user name is empty',
  'etcdserver: invalid auth token',
  'etcdserver: revision of auth store is old',
]);

/** The tokens that members have given to users whose passwords are their names. */
export class Logins {
  readonly #tokens = new Map<string, string>();

  /** Metadata of a call; none as long as nobody had to log in. */
  of(user: string, { endpoint }: ClusterMember): Readonly<Record<string, string>> {
    const token = this.#tokens.get(`${user} ${endpoint}`);
    return token === undefined ? {} : { token };
  }

  /** Logs in once more if that is what was wrong. False: it was not, or did not work. */
  async refresh(user: string, member: ClusterMember, message: string): Promise<boolean> {
    if (!STRANGE.has(message)) return false;
    const { authenticate } = AuthDefinition.methods;
    const request = AuthenticateRequest.fromPartial({ name: user, password: user });
    const outcome = await ask(member, AuthDefinition, authenticate, request);
    if (outcome.kind !== 'ok') return false;
    this.#tokens.set(`${user} ${member.endpoint}`, outcome.response.token);
    return true;
  }
}

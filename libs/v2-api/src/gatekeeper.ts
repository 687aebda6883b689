import type { IncomingMessage } from 'node:http';
import { GUEST, permits, ROOT } from './permissions.js';
import type { KeyAccess } from './permissions.js';
import type { SecurityStore, User } from './security-store.js';

/** Whom a client's certificate names; undefined: nobody, or certificates do not count. */
export type CertificateUser = (request: IncomingMessage) => string | undefined;

/** Who may do what, by the users and roles of the v2 API. Everybody may everything while they do not count. */
export class Gatekeeper {
  readonly #security: SecurityStore;
  readonly #certificateUser: CertificateUser;

  constructor(security: SecurityStore, certificateUser: CertificateUser) {
    this.#security = security;
    this.#certificateUser = certificateUser;
  }

  async admitsToKey(request: IncomingMessage, access: KeyAccess): Promise<boolean> {
    if (!this.#security.enabled()) return true;
    const claimed = this.#claims(request);
    // Who says no name is the guest, whatever is asked for: guests' patterns cover what is below.
    if (!claimed) return this.#permits([GUEST], { ...access, recursive: false });
    const user = await this.#identify(request);
    return user !== undefined && this.#permits(user.roles ?? [], access);
  }

  /** Members, users and roles are for those with the root role. */
  async admitsAsRoot(request: IncomingMessage): Promise<boolean> {
    if (!this.#security.enabled()) return true;
    const user = await this.#identify(request);
    return user?.roles?.includes(ROOT) === true;
  }

  #claims(request: IncomingMessage): boolean {
    return (
      (request.headers.authorization ?? '') !== '' || this.#certificateUser(request) !== undefined
    );
  }

  async #identify(request: IncomingMessage): Promise<User | undefined> {
    const header = request.headers.authorization ?? '';
    if (header === '') {
      const name = this.#certificateUser(request);
      return name === undefined ? undefined : this.#known(name);
    }
    const credentials = basicCredentials(header);
    return credentials && this.#security.login(credentials.name, credentials.password);
  }

  #known(name: string): User | undefined {
    return this.#security.userNames().includes(name) ? this.#security.user(name) : undefined;
  }

  #permits(roles: readonly string[], access: KeyAccess): boolean {
    return roles.some((name) => {
      const role = this.#security.role(name);
      return role !== undefined && permits(role, access);
    });
  }
}

function basicCredentials(
  header: string,
): { readonly name: string; readonly password: string } | undefined {
  const encoded = /^basic (.*)$/iu.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon === -1) return undefined;
  return { name: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

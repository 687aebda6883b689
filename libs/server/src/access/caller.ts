import { credentialsOf, NOBODY } from '@etcd-ts/auth';
import type { AuthFailure, AuthInfo, AuthStore, Identity } from '@etcd-ts/auth';
import { authError } from '@etcd-ts/credentials';

/** What a call says of who makes it, whatever carried it here. */
export interface CallOrigin {
  readonly metadata: { get(name: string): string | undefined };
  /** Of a verified client certificate; see CallContext in libs/rpc. */
  readonly peerCertificateCommonName?: string | undefined;
  /** "address:port", or without a port what has none. */
  readonly peer: string;
}

/**
 * On whose behalf operations are done. Asked anew with every operation: tokens run out and are
 * renewed by use, and a call may last longer than what it was permitted.
 */
export interface Caller {
  /**
   * Who it is, as of now; undefined: nobody in particular, or authentication is disabled. Throws, or
   * rejects with, InvalidAuthToken. At once wherever possible.
   */
  identify(): AuthInfo | undefined | Promise<AuthInfo | undefined>;
}

/** The member itself, for what it does unasked, and for programs that it is embedded in. */
export function memberCaller(auth: AuthStore): Caller {
  return { identify: () => (auth.enabled ? auth.asRoot() : undefined) };
}

/** Somebody without a name: for entries whose sender does not matter. */
export const STRANGER: Caller = Object.freeze({ identify: () => undefined });

/** Whoever a call's token or certificate names. */
export class ClientCaller implements Caller {
  readonly #auth: AuthStore;
  readonly #origin: CallOrigin;

  constructor(auth: AuthStore, origin: CallOrigin) {
    this.#auth = auth;
    this.#origin = origin;
  }

  identify(): AuthInfo | undefined | Promise<AuthInfo | undefined> {
    // Before anything is looked for in the metadata: this is asked with every call of a node whose
    // authentication is disabled, too.
    if (!this.#auth.enabled) return undefined;
    const { metadata, peerCertificateCommonName } = this.#origin;
    const identity = this.#auth.identify(credentialsOf(metadata, peerCertificateCommonName));
    return identity instanceof Promise ? identity.then(infoOf) : infoOf(identity);
  }
}

/** What the caller asks must be permitted to it: `check` throws nothing and says why not. */
export async function permit(
  caller: Caller,
  check: (info: AuthInfo) => AuthFailure | undefined,
): Promise<AuthInfo> {
  const info = (await caller.identify()) ?? NOBODY;
  refuse(check(info));
  return info;
}

/** For what administrators may do. */
export async function permitAdmin(auth: AuthStore, caller: Caller): Promise<void> {
  if (auth.enabled) await permit(caller, (info) => auth.access.isAdminPermitted(info));
}

/** For what every user may do, but nobody without a name. */
export async function permitAnyone(auth: AuthStore, caller: Caller): Promise<AuthInfo> {
  const info = await caller.identify();
  refuse(auth.access.isAnyonePermitted(info));
  return info ?? NOBODY;
}

export function refuse(failure: AuthFailure | undefined): void {
  if (failure !== undefined) throw authError(failure);
}

function infoOf(identity: Identity): AuthInfo | undefined {
  if (identity.kind === 'refused') throw authError(identity.failure);
  return identity.value;
}

import type { Client } from '@etcd-ts/client';
import type { CallContext, CallOptions } from '@etcd-ts/rpc';
import { extendPath, PATH_METADATA } from './proxy-path.js';

/** Of whom a call comes, as far as the cluster wants to know. */
export interface Caller {
  /** Empty: nobody. The cluster judges it, never the proxy. */
  readonly token: string;
  /** The call is to fail when its member has no leader. */
  readonly requireLeader: boolean;
}

/** The cluster behind the proxy. */
export class Upstream {
  readonly client: Client;
  /** Of this proxy, among all there may be. */
  readonly id: string;

  constructor(client: Client, id: string) {
    this.client = client;
    this.id = id;
  }

  callerOf({ metadata }: CallContext): Caller {
    const given = metadata.get('token') ?? metadata.get('authorization') ?? '';
    return {
      token: given.replace(/^Bearer /u, ''),
      requireLeader: metadata.get('hasleader') === 'true',
    };
  }

  /** A call like the one that came: for the same user, with the time that is left, ended with it. */
  optionsFor(call: CallContext): CallOptions {
    const caller = this.callerOf(call);
    const version = call.metadata.get('client-api-version');
    return {
      signal: call.signal,
      timeoutMs: call.deadlineMs === undefined ? undefined : call.deadlineMs - Date.now(),
      metadata: {
        ...this.metadataFor(caller, call.metadata.get(PATH_METADATA)),
        ...(version !== undefined && { 'client-api-version': version }),
      },
    };
  }

  /** For what is asked once for many: throws if the path says that it has been here. */
  metadataFor({ token, requireLeader }: Caller, path: string | undefined): Record<string, string> {
    return {
      [PATH_METADATA]: extendPath(path, this.id),
      ...(token !== '' && { token }),
      ...(requireLeader && { hasleader: 'true' }),
    };
  }
}

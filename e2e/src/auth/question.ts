import type { MessageCodec, Method, Service } from '@etcd-ts/testkit';
import { AuthDefinition, KVDefinition, LeaseDefinition } from '@etcd-ts/wire-protocol';

const { range, put, deleteRange, txn } = KVDefinition.methods;
const { leaseGrant, leaseRevoke, leaseTimeToLive, leaseLeases } = LeaseDefinition.methods;

/** Every call of the comparison. */
const METHODS = {
  ...{ range, put, deleteRange, txn },
  ...{ leaseGrant, leaseRevoke, leaseTimeToLive, leaseLeases },
  ...AuthDefinition.methods,
};

type Methods = typeof METHODS;
type RequestOf<M> = M extends { readonly requestType: { toJSON(message: infer R): unknown } }
  ? R
  : never;

/** etcd 3.4 has no AuthStatus. */
export type CallName = Exclude<keyof Methods, 'authStatus'>;

/** A call somebody makes; `by` undefined: without a token. */
export type Question = {
  [Name in CallName]: {
    readonly by: string | undefined;
    readonly call: Name;
    readonly request: RequestOf<Methods[Name]>;
  };
}[CallName];

/** What somebody is told. `answer` only where it tells of users, roles and permissions. */
export interface Verdict {
  readonly code: number;
  readonly message: string;
  readonly answer?: unknown;
}

export interface AnyCodec extends MessageCodec<unknown> {
  toJSON(message: unknown): unknown;
}

export interface Call {
  readonly service: Service;
  readonly method: Method<unknown, unknown> & { readonly requestType: AnyCodec };
}

/** Where a question goes. Its request is of the method's type, which the type here has forgotten. */
export function callOf(name: CallName): Call {
  const method = METHODS[name] as Call['method'];
  for (const service of [KVDefinition, LeaseDefinition]) {
    if (name in service.methods) return { service, method };
  }
  return { service: AuthDefinition, method };
}

import { ERRORS, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { RegisteredError } from '@etcd-ts/wire-protocol';

import type { CallOrigin } from './direct-calls.js';

/** A right to keys: `in` are those from "a" up to "b", `out` are all others. */
export type Right = 'read in' | 'read out' | 'write in' | 'write out';

/** Somebody who makes calls. */
export interface Principal {
  readonly name: string;
  readonly rights: readonly Right[];
  readonly isAdmin: boolean;
  /** Has a name, be it of a user or not. */
  readonly isSomebody: boolean;
  /** With what a call for keys, for administrators, and for anybody with a name is refused. */
  readonly denial: RegisteredError;
  readonly adminDenial: RegisteredError;
  readonly origin: (tokens: ReadonlyMap<string, string>) => CallOrigin;
}

const ALL: readonly Right[] = ['read in', 'read out', 'write in', 'write out'];
const { PermissionDenied, UserEmpty, UserNotFound, InvalidAuthToken } = ERRORS;

const withToken =
  (user: string, field = 'token') =>
  (tokens: ReadonlyMap<string, string>): CallOrigin => ({
    metadata: { [field]: tokens.get(user) ?? '' },
  });

function user(name: string, rights: readonly Right[]): Principal {
  const isAdmin = rights.length === ALL.length;
  const denial = PermissionDenied;
  const origin = withToken(name);
  return { name, rights, isAdmin, isSomebody: true, denial, adminDenial: denial, origin };
}

const STRANGER = { rights: [], isAdmin: false, isSomebody: false } as const;
const nobody = { ...STRANGER, denial: UserEmpty, adminDenial: UserEmpty };
const impostor = { ...STRANGER, denial: InvalidAuthToken, adminDenial: InvalidAuthToken };
const certificate = (name: string, commonName: string): Omit<Principal, 'rights'> => ({
  ...user(name, []),
  origin: () => ({ metadata: {}, peerCertificateCommonName: commonName }),
});

/** Users with a token and with a certificate, and those who have neither or a bad one. */
export const PRINCIPALS: readonly Principal[] = [
  user('root', ALL),
  user('writer', ['read in', 'write in']),
  user('reader', ['read in']),
  user('roleless', []),
  { ...nobody, name: 'nobody', origin: () => ({ metadata: {} }) },
  {
    ...impostor,
    name: 'a made-up token',
    origin: () => ({ metadata: { token: 'AAAAAAAAAAAAAAAA.1' } }),
  },
  {
    ...user('root', ALL),
    ...certificate('root’s certificate', 'root'),
    rights: ALL,
    isAdmin: true,
  },
  {
    ...certificate('a certificate of no user', 'mallory'),
    rights: [],
    adminDenial: UserNotFound,
  },
];

/**
 * The same through the JSON gateway, which has a certificate of its own and passes on whatever else
 * the client says of itself: nobody's certificate counts (CVE-2018-16886).
 */
export function throughGateway(principal: Principal): Principal {
  const name = `${principal.name}, through the gateway`;
  const origin = (tokens: ReadonlyMap<string, string>): CallOrigin => {
    const { metadata } = principal.origin(tokens);
    const { token } = metadata;
    return {
      metadata: {
        'grpcgateway-accept': '*/*',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      peerCertificateCommonName: 'root',
    };
  };
  const hasToken = 'token' in principal.origin(new Map()).metadata;
  return { ...(hasToken ? principal : nobody), name, origin };
}

/** Where etcd's own client stands in between, codes are lost. */
export const withoutCode = ({ message }: RegisteredError) => ({
  code: GrpcStatus.Unknown,
  message,
});

/** What a call carries that may say who makes it. */
export interface CallCredentials {
  readonly token: string | undefined;
  /** Of a verified client certificate, where --client-cert-auth is set. */
  readonly commonName: string | undefined;
}

export interface CallMetadataView {
  get(name: string): string | undefined;
}

const BEARER = 'Bearer ';

/**
 * The gateway speaks to the node with the node's own certificate: its common name says nothing about
 * who asked the gateway, and taking it for a user once made everybody root (CVE-2018-16886).
 */
export function credentialsOf(
  metadata: CallMetadataView,
  commonName: string | undefined,
): CallCredentials {
  const token = metadata.get('token') ?? metadata.get('authorization');
  const throughGateway = metadata.get('grpcgateway-accept') !== undefined;
  return {
    token: token?.startsWith(BEARER) === true ? token.slice(BEARER.length) : token,
    commonName: throughGateway ? undefined : commonName,
  };
}

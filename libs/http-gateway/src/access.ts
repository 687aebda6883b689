import type { IncomingMessage } from 'node:http';
import { clientIdentityOf } from '@etcd-ts/rpc';
import { failure } from './answer.js';
import type { Answer } from './answer.js';

export interface AccessOptions {
  /** --cors: allowed origins; `*` allows all. */
  readonly corsOrigins: readonly string[];
  /** --host-whitelist: host names without port; `*` or an empty list allows all. */
  readonly hostWhitelist: readonly string[];
  /** Whether the JSON API answers, and asks who calls. */
  readonly asksForUsers: () => boolean;
}

/** The headers a browser of this origin gets; none if the origin is not allowed. */
export function corsHeaders(
  options: AccessOptions,
  origin: string | undefined,
): Readonly<Record<string, string>> {
  const allowed = options.corsOrigins.includes('*')
    ? '*'
    : options.corsOrigins.find((candidate) => candidate === origin);
  if (allowed === undefined) return {};
  return {
    'Access-Control-Allow-Headers': 'accept, content-type, authorization',
    'Access-Control-Allow-Methods': 'POST, GET, OPTIONS, PUT, DELETE',
    'Access-Control-Allow-Origin': allowed,
  };
}

/** The answer to a request that must go no further, whatever it asks for. */
export function refusalOf(options: AccessOptions, request: IncomingMessage): Answer | undefined {
  const { headers, socket } = request;
  // Node's types have it on TLS sockets only; what comes over HTTP/2 has one that says so itself.
  const { encrypted = false } = socket as { readonly encrypted?: boolean };
  return refuseHost(options, headers.host, encrypted) ?? refuseNamedCertificate(options, request);
}

/**
 * On a plain connection the Host header is checked against the white list: a page in a browser
 * which got itself the name of this address (DNS rebinding) still sends the name of its own host.
 */
function refuseHost(
  options: AccessOptions,
  hostHeader: string | undefined,
  encrypted: boolean,
): Answer | undefined {
  const { hostWhitelist } = options;
  if (encrypted || hostWhitelist.length === 0 || hostWhitelist.includes('*')) return undefined;
  const host = hostName(hostHeader ?? '');
  return hostWhitelist.includes(host) ? undefined : failure(421, unrecognizedHost(host));
}

/**
 * A client whose certificate names a user would believe to be that user, which over JSON it is not
 * (CVE-2018-16886): it is told so at once, whatever token it has, in the original's words.
 */
function refuseNamedCertificate(
  options: AccessOptions,
  { url = '', socket }: IncomingMessage,
): Answer | undefined {
  const { peerCertificateCommonName } = clientIdentityOf(socket);
  const isJson = url.startsWith('/v3/') || url.startsWith('/v3beta/');
  if (peerCertificateCommonName === undefined || !isJson || !options.asksForUsers()) {
    return undefined;
  }
  return failure(400, NAMED_CERTIFICATE);
}

const NAMED_CERTIFICATE =
  'CommonName of client sending a request against gateway will be ignored and not used as expected';

/** Without the port; an IPv6 address without its brackets. */
function hostName(header: string): string {
  const bracketed = /^\[([^\]]*)\](:\d*)?$/.exec(header);
  if (bracketed !== null) return bracketed[1] ?? '';
  const colon = header.lastIndexOf(':');
  return colon === -1 ? header : header.slice(0, colon);
}

const unrecognizedHost = (host: string): string => `
etcd received your request, but the Host header was unrecognized.

To fix this, choose one of the following options:
- Enable TLS, then any HTTPS request will be allowed.
- Add the hostname you want to use to the whitelist in settings.
  - e.g. etcd --host-whitelist ${JSON.stringify(host)}

This requirement has been added to help prevent "DNS Rebinding" attacks (CVE-2018-5702).
`;

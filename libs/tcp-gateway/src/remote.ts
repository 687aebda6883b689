import { isIPv6 } from 'node:net';

/** A server behind the gateway. */
export interface RemoteAddress {
  /** A name or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** As in SRV records: the lowest is asked first, the others only when none of those answers. */
  readonly priority: number;
  /** A share of the connections among those of one priority; all 0: each in turn. */
  readonly weight: number;
  /** It must show a certificate for this name before it gets connections; undefined: anybody may. */
  readonly verifyAs: string | undefined;
}

export const addressText = ({ host, port }: { host: string; port: number }): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

const ADDRESS = /^(?:\[([^[\]]+)\]|([^:[\]]+)):(\d{1,5})$/u;
const SCHEME = /^([a-z]+):\/\/(.*)$/u;

export interface ParsedEndpoint {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** `host:port`, with a scheme before it or without; the gateway passes on bytes, whatever they are. */
export function parseRemote(text: string): ParsedEndpoint | undefined {
  const [, scheme = '', rest = text] = SCHEME.exec(text) ?? [];
  const [, bracketed, plain, digits = ''] = ADDRESS.exec(rest.replace(/\/+$/u, '')) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  if (host === '' || port < 1 || port > 65_535) return undefined;
  return { host, port, isTls: scheme === 'https' };
}

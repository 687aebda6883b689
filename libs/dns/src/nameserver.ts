import { isIP } from 'node:net';

export interface Nameserver {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
}

const DNS_PORT = 53;

/** `10.0.0.2`, `10.0.0.2:5353`, `[::1]:5353` or `::1`; undefined for anything else. */
export function parseNameserver(text: string): Nameserver | undefined {
  if (isIP(text) !== 0) return { host: text, port: DNS_PORT };
  const [, bracketed, plain, digits] =
    /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/u.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits ?? DNS_PORT);
  return isIP(host) === 0 || port < 1 || port > 65_535 ? undefined : { host, port };
}

export const formatNameserver = ({ host, port }: Nameserver): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Those of a resolv.conf(5), at most three, as libc does; the local one when there are none. */
export function nameserversOf(resolvConf: string): readonly Nameserver[] {
  const servers = [...resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gmu)]
    .map(([, address = '']) => parseNameserver(address.replace(/%.*$/u, '')))
    .filter((server) => server !== undefined);
  return servers.length > 0 ? servers.slice(0, 3) : [{ host: '127.0.0.1', port: DNS_PORT }];
}

/** Name -> addresses of a hosts(5) file. */
export function readHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/u, '').trim().split(/\s+/u);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/u, '');
      hosts.set(key, [...(hosts.get(key) ?? []), address]);
    }
  }
  return hosts;
}

import { SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import type { DnsResolver, Nameserver } from '@etcd-ts/dns';
import { createSystemResolver, parseNameserver } from '@etcd-ts/dns';

interface DnsOptions {
  readonly nameserver: readonly string[];
  readonly timeout: number;
  readonly attempts: number;
}

/** What is wrong with the nameservers, if anything. */
export function complaintAboutNameservers({ nameserver }: DnsOptions): string | undefined {
  const bad = nameserver.find((text) => parseNameserver(text) === undefined);
  return bad === undefined
    ? undefined
    : `--nameserver wants IP addresses, with a port or without: ${bad}`;
}

export function createResolver({ nameserver, timeout, attempts }: DnsOptions): DnsResolver {
  const nameservers = nameserver
    .map(parseNameserver)
    .filter((server): server is Nameserver => server !== undefined);
  return createSystemResolver({
    nameservers,
    timeoutMs: timeout,
    attempts,
    scheduler: SYSTEM_SCHEDULER,
  });
}

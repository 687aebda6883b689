import { lookup } from 'node:dns/promises';
import { joinThroughSrv, lookUpServices, lookUpThroughService } from '@etcd-ts/bootstrap';
import type { DiscoveryOutcome, Joiner, NameResolver } from '@etcd-ts/bootstrap';
import type { Discovery } from '@etcd-ts/config';
import { createSystemResolver } from '@etcd-ts/dns';
import type { Scheduler } from '@etcd-ts/foundation';

/** As Go's resolver has it. */
const DNS_TIMEOUT_MS = 5000;
const DNS_ATTEMPTS = 2;
/** A resolver service asks DNS itself, and may have to wait for several servers. */
const SERVICE_TIMEOUT_MS = 20_000;
/** What getaddrinfo(3) does not tell; nothing here is kept. */
const UNKNOWN_TTL_SECONDS = 0;

/** --discovery-srv, with DNS asked by this node or by an etcd-srv service for it. */
export function joinThroughDns(
  { domain, suffix, resolvers }: Extract<Discovery, { kind: 'srv' }>,
  joiner: Joiner,
): Promise<DiscoveryOutcome> {
  const { scheduler, signal } = joiner;
  const services: Parameters<typeof joinThroughSrv>[0]['services'] =
    resolvers.length === 0
      ? () => lookUpServices(dnsOf(scheduler), domain, suffix, ['server'])
      : () =>
          lookUpThroughService(
            { endpoints: resolvers, timeoutMs: SERVICE_TIMEOUT_MS, signal },
            domain,
            suffix,
          );
  return joinThroughSrv({ domain, suffix, services, resolver: { addresses } }, joiner);
}

const dnsOf = (scheduler: Scheduler): NameResolver =>
  createSystemResolver({
    nameservers: [],
    timeoutMs: DNS_TIMEOUT_MS,
    attempts: DNS_ATTEMPTS,
    scheduler,
  });

/** Of our own hosts: by the system's rules, which know of search lists and of what is not in DNS. */
async function addresses(host: string): ReturnType<NameResolver['addresses']> {
  try {
    const found = await lookup(host, { all: true });
    const records = found.map(({ address, family }) => ({
      address,
      family: family === 6 ? (6 as const) : (4 as const),
      ttlSeconds: UNKNOWN_TTL_SECONDS,
    }));
    return { kind: 'found', records };
  } catch {
    return {
      kind: 'missing',
      reason: `lookup ${host}: no such host`,
      ttlSeconds: UNKNOWN_TTL_SECONDS,
    };
  }
}

import type { AddressRecord, Lookup, SrvRecord } from '@etcd-ts/dns';
import { isDomainName, normalName } from '@etcd-ts/dns';

export type ServiceRole = 'server' | 'client';

/** One SRV record and where it leads. */
export interface ServiceEndpoint {
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  readonly addresses: readonly string[];
  /** Why there are no addresses; empty when there are. */
  readonly problem: string;
}

/** What DNS has about one service name. */
export interface ServiceLookup {
  /** `_etcd-server-ssl._tcp.example.com` */
  readonly name: string;
  readonly role: ServiceRole;
  readonly scheme: 'http' | 'https';
  readonly status: 'found' | 'missing' | 'failed';
  /** Empty when found. */
  readonly reason: string;
  readonly endpoints: readonly ServiceEndpoint[];
  /** Until it should be asked for again. */
  readonly ttlSeconds: number;
}

/** What of a DNS resolver this needs. */
export interface NameResolver {
  srv(name: string): Promise<Lookup<SrvRecord>>;
  addresses(host: string): Promise<Lookup<AddressRecord>>;
}

/** Targets resolved for one service: beyond any cluster, a record set is somebody's mistake. */
const MAX_TARGETS = 100;
/** What failed is asked for again soon. */
const FAILURE_TTL_SECONDS = 1;

export const SERVICES = [
  { role: 'server', scheme: 'https', label: '_etcd-server-ssl' },
  { role: 'server', scheme: 'http', label: '_etcd-server' },
  { role: 'client', scheme: 'https', label: '_etcd-client-ssl' },
  { role: 'client', scheme: 'http', label: '_etcd-client' },
] as const;

/** etcd appends --discovery-srv-name to the service: `_etcd-server-ssl-NAME`. */
export const serviceName = (label: string, suffix: string, domain: string): string =>
  `${label}${suffix === '' ? '' : `-${suffix}`}._tcp.${normalName(domain)}`;

/** What is wrong with a domain and a suffix that somebody gave. */
export function complaintAboutService(domain: string, suffix: string): string | undefined {
  if (!isDomainName(domain)) return `not a domain name: ${JSON.stringify(domain.slice(0, 80))}`;
  const longest = serviceName('_etcd-server-ssl', suffix, domain);
  if (/^[a-z0-9-]*$/iu.test(suffix) && isDomainName(longest)) return undefined;
  return `not the name of a service: ${JSON.stringify(suffix.slice(0, 80))}`;
}

/** Asks for the services of these roles, TLS first. */
export function lookUpServices(
  resolver: NameResolver,
  domain: string,
  suffix: string,
  roles: readonly ServiceRole[],
): Promise<readonly ServiceLookup[]> {
  return Promise.all(
    SERVICES.filter(({ role }) => roles.includes(role)).map(async ({ role, scheme, label }) => {
      const name = serviceName(label, suffix, domain);
      return { name, role, scheme, ...(await lookUp(resolver, name)) };
    }),
  );
}

async function lookUp(
  resolver: NameResolver,
  name: string,
): Promise<Pick<ServiceLookup, 'status' | 'reason' | 'endpoints' | 'ttlSeconds'>> {
  const found = await resolver.srv(name);
  if (found.kind !== 'found') {
    const ttlSeconds = found.kind === 'missing' ? found.ttlSeconds : FAILURE_TTL_SECONDS;
    return { status: found.kind, reason: found.reason, endpoints: [], ttlSeconds };
  }
  const records = found.records.slice(0, MAX_TARGETS);
  const resolved = await Promise.all(records.map((record) => resolveTarget(resolver, record)));
  return {
    status: 'found',
    reason: '',
    endpoints: resolved.map(({ endpoint }) => endpoint),
    ttlSeconds: Math.min(...resolved.map(({ ttlSeconds }) => ttlSeconds)),
  };
}

async function resolveTarget(
  resolver: NameResolver,
  { target, port, priority, weight, ttlSeconds }: SrvRecord,
): Promise<{ readonly endpoint: ServiceEndpoint; readonly ttlSeconds: number }> {
  const record = { host: target, port, priority, weight };
  const found = await resolver.addresses(target);
  if (found.kind !== 'found') {
    const ttl = found.kind === 'missing' ? found.ttlSeconds : FAILURE_TTL_SECONDS;
    const endpoint = { ...record, addresses: [], problem: found.reason };
    return { endpoint, ttlSeconds: Math.min(ttl, ttlSeconds) };
  }
  const addresses = found.records.map(({ address }) => address);
  const ttl = Math.min(ttlSeconds, ...found.records.map((each) => each.ttlSeconds));
  return { endpoint: { ...record, addresses, problem: '' }, ttlSeconds: ttl };
}

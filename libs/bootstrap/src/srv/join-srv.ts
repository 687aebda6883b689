import { parseEndpointUrl } from '@etcd-ts/config';
import type { EndpointUrl } from '@etcd-ts/config';
import { parseInitialCluster } from '@etcd-ts/membership';
import type { DiscoveryOutcome } from '../discovery-outcome.js';
import { failure } from '../discovery-outcome.js';
import type { Joiner } from '../joiner.js';
import type { NameResolver, ServiceLookup } from './service-lookup.js';
import { contributionOf } from './srv-cluster.js';
import type { OwnUrl, SrvContribution } from './srv-cluster.js';

/** Where the services come from: DNS itself, or a service that asks it for us. */
export type ServiceSource = (domain: string, suffix: string) => Promise<readonly ServiceLookup[]>;

export interface SrvDiscoveryOptions {
  /** --discovery-srv */
  readonly domain: string;
  /** --discovery-srv-name */
  readonly suffix: string;
  readonly services: ServiceSource;
  /** For the hosts in our own URLs. */
  readonly resolver: Pick<NameResolver, 'addresses'>;
}

/**
 * The members are the records of a domain. The cluster's token stays what --initial-cluster-token
 * says: SRV records have none. Asks once: whoever starts the process tries again.
 */
export async function joinThroughSrv(
  { domain, suffix, services, resolver }: SrvDiscoveryOptions,
  { name, peerUrls, logger }: Joiner,
): Promise<DiscoveryOutcome> {
  const own = await resolveOwn(peerUrls, resolver);
  if (own.kind === 'failed') return failure(`error setting up initial cluster: ${own.reason}`);
  const found = await services(domain, suffix);
  const contributions = found
    .filter(({ role }) => role === 'server')
    .map((lookup) => {
      const contribution = contributionOf(lookup, name, own.urls);
      const service = lookup.name.replace(/^_|\._tcp\..*$/gu, '');
      const shown = service.startsWith('etcd-server-ssl') ? 'etcd-server-ssl' : 'etcd-server';
      logger.info(`get cluster for ${shown} SRV`, {
        'service-scheme': lookup.scheme,
        'service-name': service,
        'server-name': name,
        'discovery-srv': domain,
        'advertise-peer-urls': peerUrls,
        'found-cluster': contribution.parts,
        error: contribution.error,
      });
      return contribution;
    });
  const parts = contributions.flatMap((contribution) => contribution.parts);
  const errors = errorsOf(contributions);
  if (errors !== '') logger.warn('failed to resolve during SRV discovery', { error: errors });
  if (parts.length === 0) return failure(`error setting up initial cluster: ${errors}`);
  for (const node of parts) logger.info('got bootstrap from DNS for etcd-server', { node });
  const initialCluster = parts.join(',');
  const parsed = parseInitialCluster(initialCluster, parseEndpointUrl);
  if (parsed.kind === 'error')
    return failure(`error setting up initial cluster: ${parsed.message}`);
  if (!parsed.cluster.has(name)) {
    const text = `cannot find local etcd member ${JSON.stringify(name)} in SRV records`;
    return failure(`error setting up initial cluster: ${text}`);
  }
  return { kind: 'ok', initialCluster, initialClusterToken: undefined };
}

/** One to a line, as Go joins errors. */
const errorsOf = (contributions: readonly SrvContribution[]): string =>
  contributions.flatMap(({ error }) => (error === undefined ? [] : [error])).join('\n');

async function resolveOwn(
  peerUrls: readonly string[],
  resolver: Pick<NameResolver, 'addresses'>,
): Promise<{ kind: 'ok'; urls: readonly OwnUrl[] } | { kind: 'failed'; reason: string }> {
  const urls: OwnUrl[] = [];
  for (const text of peerUrls) {
    const parsed = parseEndpointUrl(text);
    if (parsed.kind === 'error') return { kind: 'failed', reason: parsed.message };
    const own = await resolveUrl(parsed.value, resolver);
    if (typeof own === 'string') return { kind: 'failed', reason: own };
    urls.push(own);
  }
  return { kind: 'ok', urls };
}

async function resolveUrl(
  { text, scheme, hostname, port }: EndpointUrl,
  resolver: Pick<NameResolver, 'addresses'>,
): Promise<OwnUrl | string> {
  const found = await resolver.addresses(hostname);
  if (found.kind !== 'found') return found.reason;
  return { text, scheme, port, addresses: found.records.map(({ address }) => address) };
}

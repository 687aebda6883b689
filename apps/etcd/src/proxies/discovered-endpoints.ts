import { complaintAboutService, lookUpServices } from '@etcd-ts/bootstrap';
import type { ServiceLookup } from '@etcd-ts/bootstrap';
import { failure } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import { createSystemResolver } from '@etcd-ts/dns';
import type { Logger } from '@etcd-ts/foundation';

const LOOKUP_TIMEOUT_MS = 5_000;
const LOOKUP_ATTEMPTS = 2;

export interface DiscoveredEndpoint {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly priority: number;
  readonly weight: number;
}

/** Where DNS says that the cluster is; empty without --discovery-srv, and if nothing is left of it. */
export async function discoveredEndpoints(
  flags: FlagValues,
  logger: Logger,
): Promise<readonly DiscoveredEndpoint[]> {
  const domain = flags.text('discovery-srv');
  if (domain === '') return [];
  const suffix = flags.text('discovery-srv-name');
  const complaint = complaintAboutService(domain, suffix);
  if (complaint !== undefined) throw failure(complaint);
  const resolver = createSystemResolver({
    nameservers: [],
    timeoutMs: LOOKUP_TIMEOUT_MS,
    attempts: LOOKUP_ATTEMPTS,
    scheduler: SYSTEM_SCHEDULER,
  });
  const lookups = await lookUpServices(resolver, domain, suffix, ['client']);
  const { endpoints, ignored } = usableEndpoints(lookups, flags.bool('insecure-discovery'));
  for (const endpoint of ignored)
    logger.warn('ignored a discovered endpoint without TLS', endpoint);
  const shown = endpoints.map(({ host, port }) => `${host}:${port}`);
  logger.info('discovered etcd endpoints', { domain, endpoints: shown });
  return endpoints;
}

/** DNS without signatures can be forged: an endpoint that nobody vouches for is used only if told so. */
export function usableEndpoints(
  lookups: readonly ServiceLookup[],
  acceptsInsecure: boolean,
): {
  readonly endpoints: readonly DiscoveredEndpoint[];
  readonly ignored: readonly { host: string; port: number }[];
} {
  if (lookups.every(({ status }) => status !== 'found')) {
    const reasons = lookups.map(({ reason }) => reason);
    throw failure(`dns lookup errors: ${reasons.join(' and ')}`);
  }
  const all = lookups.flatMap(({ scheme, endpoints }) =>
    endpoints.map(({ host, port, priority, weight }) => ({
      host,
      port,
      isTls: scheme === 'https',
      priority,
      weight,
    })),
  );
  const endpoints = all.filter(({ isTls }) => isTls || acceptsInsecure);
  const ignored = all
    .filter((endpoint) => !endpoints.includes(endpoint))
    .map(({ host, port }) => ({ host, port }));
  return { endpoints, ignored };
}

/** `host:port` as both proxies take it to listen on. */
export function listenAddressOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([^[\]]+)\]|([^:[\]]*)):(\d{1,5})$/u.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) throw failure(`failed to validate listen address: ${text}`);
  return { host: bracketed ?? plain ?? '', port };
}

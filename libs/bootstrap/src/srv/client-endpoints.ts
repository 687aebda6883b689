import type { NameResolver } from './service-lookup.js';
import { SERVICES, serviceName } from './service-lookup.js';

export type ClientEndpoints =
  /** URLs, those with TLS first. */
  | { readonly kind: 'ok'; readonly endpoints: readonly string[] }
  | { readonly kind: 'error'; readonly message: string };

/** Where a client finds the cluster of a domain: etcdctl's --discovery-srv. Names are not resolved. */
export async function discoverClientEndpoints(
  resolver: Pick<NameResolver, 'srv'>,
  domain: string,
  suffix: string,
): Promise<ClientEndpoints> {
  const clients = SERVICES.filter(({ role }) => role === 'client');
  const answers = await Promise.all(
    clients.map(async ({ scheme, label }) => ({
      scheme,
      found: await resolver.srv(serviceName(label, suffix, domain)),
    })),
  );
  const endpoints: string[] = [];
  const errors: string[] = [];
  for (const { scheme, found } of answers) {
    if (found.kind !== 'found') errors.push(found.reason);
    else
      for (const { target, port } of found.records) endpoints.push(`${scheme}://${target}:${port}`);
  }
  if (endpoints.length > 0) return { kind: 'ok', endpoints };
  return { kind: 'error', message: `dns lookup errors: ${errors.join(' and ')}` };
}

/** etcdctl's --insecure-discovery=false: what is dropped is for its standard error. */
export function withoutInsecure(endpoints: readonly string[]): {
  readonly kept: readonly string[];
  readonly notices: readonly string[];
} {
  const kept = endpoints.filter((endpoint) => endpoint.startsWith('https://'));
  const notices = endpoints
    .filter((endpoint) => !kept.includes(endpoint))
    .map((endpoint) => `ignoring discovered insecure endpoint ${JSON.stringify(endpoint)}`);
  return { kept, notices };
}

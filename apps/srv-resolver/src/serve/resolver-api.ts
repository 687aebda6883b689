import { complaintAboutService } from '@etcd-ts/bootstrap';
import type { ServiceLookup } from '@etcd-ts/bootstrap';
import { normalName } from '@etcd-ts/dns';
import { EtcdError, GrpcStatus, SrvRole, SrvStatus } from '@etcd-ts/wire-protocol';
import type { ResolverDefinition, SrvService } from '@etcd-ts/wire-protocol';
import type { ServiceHandlers } from '@etcd-ts/rpc';
import type { CachedLookup, LookupCache } from './lookup-cache.js';

export interface ResolverApiParts {
  readonly cache: LookupCache;
  /** In normal form; empty: all. */
  readonly domains: readonly string[];
  readonly onLookup: (result: 'hit' | 'miss' | 'refused') => void;
}

/** What `etcd-srv serve` does, whatever carries it. Fails with an EtcdError. */
export async function resolveDomain(
  { cache, domains, onLookup }: ResolverApiParts,
  domain: string,
  suffix: string,
): Promise<CachedLookup> {
  const complaint = complaintAboutService(domain, suffix);
  if (complaint !== undefined) {
    onLookup('refused');
    throw new EtcdError({ code: GrpcStatus.InvalidArgument, message: complaint });
  }
  const name = normalName(domain);
  if (domains.length > 0 && !domains.includes(name)) {
    onLookup('refused');
    const message = `this resolver does not answer for ${name}`;
    throw new EtcdError({ code: GrpcStatus.PermissionDenied, message });
  }
  const found = await cache.get(name, suffix.toLowerCase());
  if (found === undefined) {
    onLookup('refused');
    throw new EtcdError({ code: GrpcStatus.ResourceExhausted, message: 'too many lookups' });
  }
  onLookup(found.wasCached ? 'hit' : 'miss');
  return found;
}

const STATUS = {
  found: SrvStatus.FOUND,
  missing: SrvStatus.MISSING,
  failed: SrvStatus.FAILED,
} as const;

const toMessage = (lookup: ServiceLookup): SrvService => ({
  name: lookup.name,
  role: lookup.role === 'server' ? SrvRole.SERVER : SrvRole.CLIENT,
  scheme: lookup.scheme,
  status: STATUS[lookup.status],
  reason: lookup.reason,
  endpoints: lookup.endpoints.map((endpoint) => ({
    ...endpoint,
    addresses: [...endpoint.addresses],
  })),
});

export const resolverHandlers = (
  parts: ResolverApiParts,
): ServiceHandlers<typeof ResolverDefinition> => ({
  resolve: async ({ domain, suffix }) => {
    const { services, ttlSeconds } = await resolveDomain(parts, domain, suffix);
    return { services: services.map(toMessage), ttlSeconds };
  },
});

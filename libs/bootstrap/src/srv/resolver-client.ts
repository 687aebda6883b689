import {
  EtcdError,
  GrpcStatus,
  ResolverDefinition,
  SrvRole,
  SrvStatus,
} from '@etcd-ts/wire-protocol';
import type { SrvService } from '@etcd-ts/wire-protocol';
import { PLAINTEXT } from '../etcd/client-security.js';
import { EtcdEndpoints } from '../etcd/etcd-endpoints.js';
import type { ServiceLookup } from './service-lookup.js';
import { SERVICES, serviceName } from './service-lookup.js';

export interface ResolverServiceOptions {
  /** `host:port` of one service or more, asked in this order until one answers. */
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const KEEPALIVE = { timeMs: 30_000, timeoutMs: 10_000 };

/**
 * The services of a domain, looked up by an etcd-srv service. When that fails, every service has
 * failed, for the reason it gives.
 */
export async function lookUpThroughService(
  { endpoints, timeoutMs, signal }: ResolverServiceOptions,
  domain: string,
  suffix: string,
): Promise<readonly ServiceLookup[]> {
  const resolvers = new EtcdEndpoints({
    endpoints,
    security: PLAINTEXT,
    user: '',
    password: '',
    dialTimeoutMs: 0,
    requestTimeoutMs: timeoutMs,
    keepalive: KEEPALIVE,
  });
  try {
    const { services, ttlSeconds } = await resolvers.request(
      (connection, options) =>
        connection.service(ResolverDefinition).resolve({ domain, suffix }, options),
      signal,
    );
    return services.map((service) => ({ ...toLookup(service), ttlSeconds }));
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    return failedLookups(domain, suffix, `through ${endpoints.join(',')}: ${textOf(error)}`);
  } finally {
    resolvers.close();
  }
}

const textOf = ({ code, message }: EtcdError): string =>
  code === GrpcStatus.DeadlineExceeded ? 'no answer in time' : message;

const failedLookups = (domain: string, suffix: string, reason: string): readonly ServiceLookup[] =>
  SERVICES.map(({ role, scheme, label }) => {
    const name = serviceName(label, suffix, domain);
    return {
      name,
      role,
      scheme,
      status: 'failed',
      reason: `lookup ${name} ${reason}`,
      endpoints: [],
      ttlSeconds: 0,
    };
  });

const toLookup = (service: SrvService): Omit<ServiceLookup, 'ttlSeconds'> => ({
  ...service,
  role: service.role === SrvRole.CLIENT ? 'client' : 'server',
  scheme: service.scheme === 'https' ? 'https' : 'http',
  status: statusOf(service.status),
});

function statusOf(status: SrvStatus): ServiceLookup['status'] {
  if (status === SrvStatus.FOUND) return 'found';
  return status === SrvStatus.MISSING ? 'missing' : 'failed';
}

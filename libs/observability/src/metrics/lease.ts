import { exponentialBuckets } from './buckets.js';
import type { MetricFactory } from './metric-factory.js';

export function leaseMetrics(make: MetricFactory) {
  return {
    granted: make.counter('etcd_debugging_lease_granted_total', 'Leases granted.'),
    revoked: make.counter('etcd_debugging_lease_revoked_total', 'Leases revoked.'),
    renewed: make.counter('etcd_debugging_lease_renewed_total', 'Renewals of leases.'),
    /** Seconds. */
    ttl: make.histogram(
      'etcd_debugging_lease_ttl_total',
      'Times to live of the leases granted, in seconds.',
      exponentialBuckets(1, 2, 24),
    ),
    expired: make.counter('etcd_debugging_server_lease_expired_total', 'Leases that ran out.'),
  };
}

export type LeaseMetrics = ReturnType<typeof leaseMetrics>;

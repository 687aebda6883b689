import type { MetricFactory } from './metric-factory.js';

/**
 * Names every etcd process exports whether or not it does what they count: the v2 store's, and those
 * of the gRPC proxy, which etcd registers because it links it in. Dashboards and etcd's own tests
 * expect them; in a member the proxy's stay at zero.
 */
export function legacyMetrics(make: MetricFactory) {
  const action = ['action'];
  return {
    storeReads: make.counters('etcd_debugging_store_reads_total', 'Reads of the v2 store.', action),
    storeReadsFailed: make.counters(
      'etcd_debugging_store_reads_failed_total',
      'Failed reads of the v2 store.',
      action,
    ),
    storeWrites: make.counters(
      'etcd_debugging_store_writes_total',
      'Writes to the v2 store.',
      action,
    ),
    storeWritesFailed: make.counters(
      'etcd_debugging_store_writes_failed_total',
      'Failed writes to the v2 store.',
      action,
    ),
    storeExpires: make.counter(
      'etcd_debugging_store_expires_total',
      'Nodes of the v2 store that ran out.',
    ),
    storeWatchRequests: make.counter(
      'etcd_debugging_store_watch_requests_total',
      'Watches of the v2 store.',
    ),
    storeWatchers: make.gauge('etcd_debugging_store_watchers', 'Watchers of the v2 store.'),
    proxyCacheHits: make.gauge('etcd_grpc_proxy_cache_hits_total', 'Cache hits of the proxy.'),
    proxyCacheKeys: make.gauge('etcd_grpc_proxy_cache_keys_total', 'Keys in the proxy cache.'),
    proxyCacheMisses: make.gauge(
      'etcd_grpc_proxy_cache_misses_total',
      'Cache misses of the proxy.',
    ),
    proxyEventsCoalescing: make.counter(
      'etcd_grpc_proxy_events_coalescing_total',
      'Events the proxy merged.',
    ),
    proxyWatchersCoalescing: make.gauge(
      'etcd_grpc_proxy_watchers_coalescing_total',
      'Watchers the proxy merged.',
    ),
  };
}

export type LegacyMetrics = ReturnType<typeof legacyMetrics>;

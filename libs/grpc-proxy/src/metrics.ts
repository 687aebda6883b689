import type { EtcdMetrics } from '@etcd-ts/observability';

/** Those of the original's proxy, under the names it has for them. */
export type ProxyMetrics = Pick<
  EtcdMetrics['legacy'],
  | 'proxyCacheHits'
  | 'proxyCacheKeys'
  | 'proxyCacheMisses'
  | 'proxyEventsCoalescing'
  | 'proxyWatchersCoalescing'
>;

interface Total {
  inc(by?: number): void;
}

interface Level extends Total {
  dec(by?: number): void;
  set(value: number): void;
}

/** Those of the original's proxy (etcd_grpc_proxy_*), which every etcd has, as this program's do. */
export interface ProxyMetrics {
  readonly proxyCacheHits: Total;
  readonly proxyCacheMisses: Total;
  readonly proxyCacheKeys: Level;
  readonly proxyEventsCoalescing: Total;
  readonly proxyWatchersCoalescing: Level;
}

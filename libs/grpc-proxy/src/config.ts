import type { TlsOptions } from '@etcd-ts/client';
import type { TlsPolicy, TransportSecurity } from '@etcd-ts/config';

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** What a proxy is to be; the flags of `etcd grpc-proxy start`. */
export interface GrpcProxyConfig {
  readonly listen: { readonly host: string; readonly port: number };
  /** For pages about metrics and health alone; they are on the listen address as well. */
  readonly metrics: MetricsAddress | undefined;
  /** Of the cluster. */
  readonly endpoints: readonly string[];
  /** 0: the endpoints stay those above. */
  readonly endpointsSyncIntervalMs: number;
  /** How the cluster is talked to, asked for each connection; undefined: as each endpoint's scheme says. */
  readonly clusterTls: (() => TlsOptions) | undefined;
  /** 0: no pings. */
  readonly dialKeepaliveTimeMs: number;
  readonly dialKeepaliveTimeoutMs: number;
  /** Of one message to the cluster, and from it. */
  readonly maxSendBytes: number;
  readonly maxReceiveBytes: number;
  /** Before every key of every client; empty: none. */
  readonly namespace: string;
  /** Where clients reach this proxy, for lists of members; empty: those are the cluster's. */
  readonly advertiseUrl: string;
  readonly hostName: string;
  /** Where proxies find each other; empty: this one stands alone. */
  readonly resolverPrefix: string;
  readonly resolverTtlSeconds: number;
  /** No serializable read is answered with an older revision than one before it. */
  readonly isOrdered: boolean;
  /** Every call is logged, by method and outcome; never what is in it. */
  readonly logsCalls: boolean;
  readonly maxConcurrentStreams: number;
  readonly keepaliveMinTimeMs: number;
  readonly keepaliveIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  /** TLS of the listeners. */
  readonly security: TransportSecurity;
  readonly tlsPolicy: TlsPolicy;
  /** Only for certificates that the proxy makes itself. */
  readonly dataDir: string;
}

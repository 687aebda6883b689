import type { EndpointUrl } from './endpoint-url.js';
import type { FeatureSetting } from './feature-gates.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'panic' | 'fatal';

export type AutoCompaction =
  | { readonly mode: 'off' }
  /** Keep what is younger than this. */
  | { readonly mode: 'periodic'; readonly retentionMs: number }
  /** Keep this many of the latest revisions. */
  | { readonly mode: 'revision'; readonly retentionRevisions: number };

/** How a member of a new cluster finds the others when --initial-cluster does not name them. */
export type Discovery =
  | { readonly kind: 'v2'; readonly url: string; readonly proxy: string }
  | {
      readonly kind: 'v3';
      readonly token: string;
      readonly endpoints: readonly string[];
      readonly dialTimeoutMs: number;
      readonly requestTimeoutMs: number;
      readonly keepaliveTimeMs: number;
      readonly keepaliveTimeoutMs: number;
      readonly insecureTransport: boolean;
      readonly insecureSkipVerify: boolean;
      /** PEM files; empty: none. */
      readonly certFile: string;
      readonly keyFile: string;
      readonly caFile: string;
      /** Empty: no authentication. */
      readonly user: string;
      readonly password: string;
    }
  | {
      readonly kind: 'srv';
      readonly domain: string;
      /** Appended to the names of the services; empty: nothing. */
      readonly suffix: string;
      /** `host:port` of etcd-srv services that ask DNS for this node; empty: it asks itself. */
      readonly resolvers: readonly string[];
    };

/** TLS between this member and others: clients or members. Their URLs' schemes say where it is used. */
export interface TransportSecurity {
  /** PEM files, here and below; empty: none. */
  readonly certFile: string;
  readonly keyFile: string;
  /** Shown where this member connects to another; empty: the above. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  /** Verifies whoever connects, and what is connected to. Given, it makes certificates compulsory. */
  readonly trustedCaFile: string;
  /** Revoked certificates; PEM or DER. */
  readonly crlFile: string;
  /** Whoever connects must show a certificate. */
  readonly clientCertAuth: boolean;
  /** A certificate must carry one of these, in its common name or as a host name; empty: any. */
  readonly allowedCommonNames: readonly string[];
  readonly allowedHostnames: readonly string[];
  /** Do not compare the addresses in a certificate with where it comes from. */
  readonly skipClientSanVerification: boolean;
  /** Make a certificate where no files are given. */
  readonly autoTls: boolean;
}

export type TlsVersion = 'TLS1.2' | 'TLS1.3';

/** What holds for all TLS of a node. */
export interface TlsPolicy {
  /** Go's names; empty: the runtime's choice. */
  readonly cipherSuites: readonly string[];
  readonly minVersion: TlsVersion;
  /** Undefined: the highest there is. */
  readonly maxVersion: TlsVersion | undefined;
  readonly selfSignedValidityYears: number;
}

/**
 * Everything one node is told from outside, checked and with defaults filled in: no field means
 * "look elsewhere", and none keeps one of etcd's "0 is the default" values unless its comment says
 * so. Durations are milliseconds, possibly with a fraction; sizes are bytes. A node is a value:
 * nothing here is shared between nodes.
 */
export interface ServerConfig {
  // Member
  readonly name: string;
  readonly dataDir: string;
  /** Directory of the WAL; undefined: inside the data directory. */
  readonly walDir: string | undefined;
  /** Applied entries between two snapshots. */
  readonly snapshotCount: number;
  /** Entries kept behind a snapshot for followers that are slow. */
  readonly snapshotCatchupEntries: number;
  readonly heartbeatIntervalMs: number;
  readonly electionTimeoutMs: number;
  readonly initialElectionTickAdvance: boolean;
  readonly listenPeerUrls: readonly EndpointUrl[];
  readonly listenClientUrls: readonly EndpointUrl[];
  /** When not empty, HTTP is served here only and `listenClientUrls` serve gRPC only. */
  readonly listenClientHttpUrls: readonly EndpointUrl[];
  /** Snapshot files kept; 0 keeps all. */
  readonly maxSnapshots: number;
  /** WAL files kept; 0 keeps all. */
  readonly maxWals: number;
  /** Positive: the limit that raises NOSPACE. Negative: no limit. Never 0 (resolved to 2 GiB). */
  readonly quotaBackendBytes: number;
  /** The member ends its NOSPACE alarm itself when there is room again. */
  readonly quotaAutoDisarm: boolean;
  readonly backendBatchIntervalMs: number;
  readonly backendBatchLimit: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  /** Streams one client connection may have open at a time: a uint32. */
  readonly maxConcurrentStreams: number;
  /** Pings that come closer together than this break the connection. */
  readonly grpcKeepaliveMinTimeMs: number;
  /** Time between the server's own pings; 0: none. */
  readonly grpcKeepaliveIntervalMs: number;
  /** How long the answer to such a ping may take; 0: none are sent. */
  readonly grpcKeepaliveTimeoutMs: number;

  // Clustering
  readonly initialAdvertisePeerUrls: readonly EndpointUrl[];
  readonly advertiseClientUrls: readonly EndpointUrl[];
  /** `name=url[,name=url...]` as given, or derived from name and advertised peer URLs. */
  readonly initialCluster: string;
  readonly initialClusterState: 'new' | 'existing';
  readonly initialClusterToken: string;
  /** Undefined: `initialCluster` names all members. */
  readonly discovery: Discovery | undefined;
  readonly strictReconfigCheck: boolean;
  readonly preVote: boolean;
  readonly autoCompaction: AutoCompaction;
  readonly maxLearners: number;
  /** Found a new cluster of one member on the data of an old one. */
  readonly forceNewCluster: boolean;

  // Monitoring and logging
  readonly metrics: 'basic' | 'extensive';
  readonly listenMetricsUrls: readonly EndpointUrl[];
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'console';
  /** `default`, `stderr`, `stdout`, `systemd/journal` or paths of files; never empty. */
  readonly logOutputs: readonly string[];
  /**
   * Set only when rotation is switched on; then exactly one of `logOutputs` is a path. The text of
   * --log-rotation-config-json, unchecked: an object with maxsize (MiB), maxage (days), maxbackups,
   * localtime and compress.
   */
  readonly logRotationJson: string | undefined;
  /** A request that takes longer is logged as a warning; 0: every one is. */
  readonly warningUnaryRequestDurationMs: number;
  readonly warningApplyDurationMs: number;

  // Storage upkeep and watch
  /** Revisions removed in one step of a compaction. */
  readonly compactionBatchLimit: number;
  /** Pause between two such steps. */
  readonly compactionSleepIntervalMs: number;
  readonly watchProgressNotifyIntervalMs: number;
  /** Between two comparisons of the members' hashes by the leader; 0: none. */
  readonly corruptCheckIntervalMs: number;
  /** Whether the hashes of the latest compactions are compared, and how often. */
  readonly compactHashCheck: boolean;
  readonly compactHashCheckIntervalMs: number;
  /** Compare hashes with the other members before serving. */
  readonly initialCorruptCheck: boolean;
  /** Between two looks whether all members run the version of a downgrade. */
  readonly downgradeCheckIntervalMs: number;
  /** Replicate what is left of long leases, so that a new leader does not start them anew. */
  readonly leaseCheckpoint: boolean;
  /** All feature gates, on and off. */
  readonly features: readonly FeatureSetting[];
  readonly enableGrpcGateway: boolean;
  /** Serve the v2 API on the client URLs. Its data is kept and replicated in either case. */
  readonly enableV2: boolean;

  // Security
  readonly clientSecurity: TransportSecurity;
  readonly peerSecurity: TransportSecurity;
  readonly tls: TlsPolicy;
  /** Origins allowed by CORS; `*` allows all. */
  readonly cors: readonly string[];
  /** Host names allowed in plain HTTP requests; `*` allows all. */
  readonly hostWhitelist: readonly string[];
  /** Kind of token a login returns, as given: `simple`, `jwt,name=value,...`, or empty for none. */
  readonly authToken: string;
  /** As given; out of 4 to 31 it means the default. */
  readonly bcryptCost: number;
  /** Seconds a simple token lives without being used; 0: etcd's default. */
  readonly authTokenTtlSeconds: number;

  // Unsafe
  /** No fsync of WAL and backend: a power loss then loses answered writes. */
  readonly unsafeNoFsync: boolean;
}

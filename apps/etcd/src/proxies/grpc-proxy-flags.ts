import { bool, duration, int64, text, uint } from '@etcd-ts/command-line';
import type { Flag } from '@etcd-ts/command-line';

const list = (name: string, usage: string, initial = ''): Flag => ({
  name,
  kind: 'strings',
  default: initial,
  usage,
});

/** Those of the original, of 3.4 up to 3.7. */
export const GRPC_PROXY_FLAGS: readonly Flag[] = [
  text('listen-addr', 'listen address', '127.0.0.1:23790'),
  text('discovery-srv', 'domain name to query for SRV records describing cluster endpoints'),
  text('discovery-srv-name', 'service name to query when using DNS discovery'),
  bool('insecure-discovery', 'accept insecure SRV records'),
  list('endpoints', 'comma separated etcd cluster endpoints', '127.0.0.1:2379'),
  duration(
    'endpoints-auto-sync-interval',
    'how often the endpoints are taken anew from the members of the cluster; 0: never',
    '0s',
  ),
  text(
    'metrics-addr',
    'listen for metrics and health on an additional URL, such as http://127.0.0.1:9379',
  ),
  text(
    'advertise-client-url',
    'advertise address to register (must be reachable by client)',
    '127.0.0.1:23790',
  ),
  text(
    'resolver-prefix',
    'prefix to use for registering proxy (must be shared with other grpc-proxy members)',
  ),
  int64('resolver-ttl', 'specify TTL, in seconds, when registering proxy endpoints'),
  text('namespace', 'string to prefix to all keys for namespacing requests'),
  bool(
    'enable-pprof',
    'not supported: pprof is the profiler of Go; start node with --inspect instead',
  ),
  text('data-dir', 'directory for certificates made by --auto-tls', 'default.proxy'),
  int64('max-send-bytes', 'message send limits in bytes (default value is 1.5 MiB)', 1_572_864),
  int64(
    'max-recv-bytes',
    'message receive limits in bytes (default value is math.MaxInt32)',
    2_147_483_647,
  ),
  duration('grpc-keepalive-min-time', 'clients that ping more often are sent away', '5s'),
  duration(
    'grpc-keepalive-interval',
    'a client that is silent for so long is pinged; 0: never',
    '2h0m0s',
  ),
  duration('grpc-keepalive-timeout', 'a client that does not answer a ping is given up', '20s'),
  duration('dial-keepalive-time', 'a member that is silent for so long is pinged; 0: never', '0s'),
  duration('dial-keepalive-timeout', 'a member that does not answer a ping is given up', '20s'),
  bool('permit-without-stream', 'not supported: members are pinged while calls wait for them'),
  text('cert', 'identify secure connections with etcd servers using this TLS certificate file'),
  text('key', 'identify secure connections with etcd servers using this TLS key file'),
  text('cacert', 'verify certificates of TLS-enabled secure etcd servers using this CA bundle'),
  bool(
    'insecure-skip-tls-verify',
    'skip authentication of etcd server TLS certificates (CAUTION: this option should be enabled only for testing purposes)',
  ),
  text('cert-file', 'identify secure connections to the proxy using this TLS certificate file'),
  text('key-file', 'identify secure connections to the proxy using this TLS key file'),
  text('trusted-ca-file', 'verify certificates of TLS-enabled secure proxy using this CA bundle'),
  bool('auto-tls', 'proxy TLS using generated certificates'),
  text('client-crl-file', 'proxy client certificate revocation list file.'),
  list(
    'listen-cipher-suites',
    'comma-separated list of TLS cipher suites between client and proxy',
  ),
  uint('self-signed-cert-validity', 'years for which certificates of --auto-tls are valid', 1),
  text(
    'tls-min-version',
    'lowest version of TLS between client and proxy: TLS1.2 or TLS1.3',
    'TLS1.2',
  ),
  text('tls-max-version', 'highest version of TLS between client and proxy; empty: any'),
  bool(
    'experimental-serializable-ordering',
    'Ensure serializable reads have monotonically increasing store revisions across endpoints.',
  ),
  text(
    'experimental-leasing-prefix',
    'not supported: linearizable reads are answered by the cluster alone',
  ),
  bool('experimental-enable-grpc-logging', 'log every call: its method, outcome and time'),
  bool('debug', 'Enable debug-level logging for grpc-proxy.'),
  uint(
    'max-concurrent-streams',
    'Maximum concurrent streams that each client can open at a time.',
    4_294_967_295,
  ),
];

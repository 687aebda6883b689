import { hostname } from 'node:os';
import { failure } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import type { TlsPolicy, TlsVersion } from '@etcd-ts/config';
import type { Logger } from '@etcd-ts/foundation';
import type { GrpcProxyConfig, MetricsAddress } from '@etcd-ts/grpc-proxy';
import { credentialsOf } from './cluster-credentials.js';
import { listenAddressOf } from './discovered-endpoints.js';

/** What stands for "never" where a timer needs a number. */
const NEVER_MS = 2 ** 31 - 1;
const MAX_UINT32 = 4_294_967_295;
const MAX_INT32 = 2_147_483_647;

/** Whether the flags make sense together; throws in the words of the original, where it has some. */
export function checkFlags(flags: FlagValues): void {
  const prefix = flags.text('resolver-prefix');
  const ttl = flags.integer('resolver-ttl');
  if (prefix !== '' && ttl < 1n) throw failure(`invalid resolver-ttl ${ttl}`);
  if (prefix === '' && ttl > 0n) throw failure(`invalid resolver-prefix ${JSON.stringify(prefix)}`);
  if (prefix !== '' && flags.text('advertise-client-url') === '') {
    throw failure('invalid advertise-client-url ""');
  }
  if (flags.bool('auto-tls') && flags.integer('self-signed-cert-validity') === 0n) {
    throw failure('selfSignedCertValidity is invalid,it should be greater than 0');
  }
  if (flags.text('experimental-leasing-prefix') !== '') {
    throw failure(
      '--experimental-leasing-prefix is not supported: linearizable reads are answered by the cluster alone',
    );
  }
  if (flags.bool('enable-pprof')) {
    throw failure(
      "--enable-pprof is not supported: pprof is Go's profiler; NODE_OPTIONS=--inspect starts that of node",
    );
  }
  if (flags.bool('permit-without-stream')) {
    throw failure('--permit-without-stream is not supported: idle connections are not pinged');
  }
}

export interface ClusterAddress {
  readonly endpoints: readonly string[];
  /** Whose certificates the members must have; undefined: each its host's. */
  readonly serverName: string | undefined;
}

/** All but the address of the cluster, which may come from DNS. */
export function configOf(
  flags: FlagValues,
  cluster: ClusterAddress,
  logger: Logger,
): GrpcProxyConfig {
  const security = securityOf(flags);
  const isSecure = security.autoTls || security.certFile !== '';
  return {
    listen: listenAddressOf(flags.text('listen-addr')),
    metrics: metricsAddressOf(flags.text('metrics-addr'), isSecure),
    endpoints: cluster.endpoints,
    endpointsSyncIntervalMs: durationOf(flags, 'endpoints-auto-sync-interval'),
    clusterTls: clusterTlsOf(flags, cluster.serverName, logger),
    dialKeepaliveTimeMs: durationOf(flags, 'dial-keepalive-time'),
    dialKeepaliveTimeoutMs: durationOf(flags, 'dial-keepalive-timeout'),
    maxSendBytes: countOf(flags, 'max-send-bytes', 1, MAX_INT32),
    maxReceiveBytes: countOf(flags, 'max-recv-bytes', 1, MAX_INT32),
    namespace: flags.text('namespace'),
    advertiseUrl: flags.text('advertise-client-url'),
    hostName: hostname(),
    resolverPrefix: flags.text('resolver-prefix'),
    resolverTtlSeconds: countOf(flags, 'resolver-ttl', 0, MAX_INT32),
    isOrdered: flags.bool('experimental-serializable-ordering'),
    logsCalls: flags.bool('experimental-enable-grpc-logging'),
    maxConcurrentStreams: countOf(flags, 'max-concurrent-streams', 1, MAX_UINT32),
    keepaliveMinTimeMs: durationOf(flags, 'grpc-keepalive-min-time'),
    keepaliveIntervalMs: durationOf(flags, 'grpc-keepalive-interval') || NEVER_MS,
    keepaliveTimeoutMs: durationOf(flags, 'grpc-keepalive-timeout') || NEVER_MS,
    security,
    tlsPolicy: tlsPolicyOf(flags),
    dataDir: flags.text('data-dir'),
  };
}

function countOf(flags: FlagValues, name: string, min: number, max: number): number {
  const value = flags.integer(name);
  if (value >= min && value <= max) return Number(value);
  throw failure(`invalid value ${value} for --${name}: must be ${min} to ${max}`);
}

function durationOf(flags: FlagValues, name: string): number {
  const milliseconds = flags.milliseconds(name);
  if (milliseconds >= 0 && milliseconds <= NEVER_MS) return milliseconds;
  throw failure(`invalid value for --${name}: must be 0 to ${NEVER_MS} ms`);
}

function metricsAddressOf(text: string, isSecure: boolean): MetricsAddress | undefined {
  if (text === '') return undefined;
  const [, scheme, address = ''] = /^(https?):\/\/([^/]+)\/?$/u.exec(text) ?? [];
  if (scheme === undefined)
    throw failure(`cannot parse ${JSON.stringify(text)} for --metrics-addr`);
  const isTls = scheme === 'https';
  if (isTls && !isSecure) {
    throw failure('--metrics-addr with https needs --cert-file and --key-file, or --auto-tls');
  }
  return { ...listenAddressOf(address), isTls };
}

const securityOf = (flags: FlagValues): GrpcProxyConfig['security'] => ({
  certFile: flags.text('cert-file'),
  keyFile: flags.text('key-file'),
  clientCertFile: '',
  clientKeyFile: '',
  trustedCaFile: flags.text('trusted-ca-file'),
  crlFile: flags.text('client-crl-file'),
  clientCertAuth: flags.text('trusted-ca-file') !== '',
  allowedCommonNames: [],
  allowedHostnames: [],
  skipClientSanVerification: false,
  autoTls: flags.bool('auto-tls'),
});

const tlsPolicyOf = (flags: FlagValues): TlsPolicy => ({
  cipherSuites: flags.list('listen-cipher-suites'),
  minVersion: versionOf(flags.text('tls-min-version')) ?? 'TLS1.2',
  maxVersion: versionOf(flags.text('tls-max-version')),
  selfSignedValidityYears: countOf(flags, 'self-signed-cert-validity', 0, 10_000),
});

function versionOf(text: string): TlsVersion | undefined {
  if (text === '' || text === 'TLS1.2' || text === 'TLS1.3') return text === '' ? undefined : text;
  throw failure(`unexpected TLS version ${JSON.stringify(text)} (must be one of: TLS1.2, TLS1.3)`);
}

/**
 * Of no user: a member takes a call without a token for that of the user its certificate names, and
 * then everybody behind the proxy would be this one.
 */
function clusterTlsOf(
  flags: FlagValues,
  serverName: string | undefined,
  logger: Logger,
): GrpcProxyConfig['clusterTls'] {
  const files = {
    certFile: flags.text('cert'),
    keyFile: flags.text('key'),
    trustedCaFile: flags.text('cacert'),
    mustBeNameless: true,
  };
  const skipVerification = flags.bool('insecure-skip-tls-verify');
  const isGiven = [files.certFile, files.keyFile, files.trustedCaFile].some((file) => file !== '');
  if (!isGiven && !skipVerification && serverName === undefined) return undefined;
  const credentials = credentialsOf(files, logger);
  return () => ({
    secureContext: credentials.current.client,
    skipVerification,
    ...(serverName !== undefined && { serverName }),
  });
}

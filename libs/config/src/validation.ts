import { modeFault } from './auto-compaction.js';
import type { EndpointUrl } from './endpoint-url.js';
import { missingGate } from './feature-gates.js';
import { doubledGate, gatesOf } from './former-gates.js';
import { formatGoDuration } from '@etcd-ts/foundation';
import { isIpAddress } from './ip-address.js';
import type { OptionValues } from './option-schema.js';

const MAX_ELECTION_TIMEOUT_MS = 50_000;
const MIN_TICKS_PER_ELECTION = 5;

export interface ValidationContext {
  readonly values: OptionValues;
  /** By flag or environment, not by file: only those drop the default of what to advertise. */
  readonly listensWithoutAdvertising: boolean;
}

type Check = (context: ValidationContext) => string | undefined;

/**
 * The checks of etcd, in its order (the first complaint is the one users search for) and in its
 * words. What only a founding member can get wrong (--initial-cluster against the rest) is not
 * here: a member with data ignores those flags.
 */
export function validate(context: ValidationContext): string | undefined {
  for (const check of CHECKS) {
    const complaint = check(context);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

const CHECKS: readonly Check[] = [
  ({ values }) => bindFault(values['listen-peer-urls']),
  ({ values }) => bindFault(values['listen-client-urls']),
  ({ values }) => bindFault(values['listen-client-http-urls']),
  ({ values }) => bindFault(values['listen-metrics-urls']),
  ({ values }) => advertiseFault('initial-advertise-peer-urls', values, '"host:port"'),
  ({ values }) =>
    advertiseFault(
      'advertise-client-urls',
      values,
      'in the format "host:port", "unix:/path/to/socket" or "unixs:/path/to/socket"',
    ),
  clusterStateFault,
  bootstrapFault,
  tickFault,
  ({ listensWithoutAdvertising }) =>
    listensWithoutAdvertising ? UNSET_ADVERTISE_CLIENT_URLS : undefined,
  ({ values }) => modeFault(values['auto-compaction-mode']),
  ({ values }) => doubledGate(values) ?? missingGate(gatesOf(values)),
  ({ values }) => {
    const time = values['compact-hash-check-time'];
    if (time > 0) return undefined;
    return `--compact-hash-check-time must be >0 (set to ${formatGoDuration(time)})`;
  },
  tlsVersionFault,
  listenerFault,
];

export const UNSET_ADVERTISE_CLIENT_URLS =
  '--advertise-client-urls is required when --listen-client-urls is set explicitly';

const isUnix = (url: EndpointUrl): boolean => url.scheme === 'unix' || url.scheme === 'unixs';

/** A name may stand for several addresses, or for another machine's: only localhost is safe. */
function bindFault(urls: readonly EndpointUrl[]): string | undefined {
  const bad = urls.find(
    (url) => !isUnix(url) && url.hostname !== 'localhost' && !isIpAddress(url.hostname),
  );
  return bad === undefined ? undefined : `expected IP in URL for binding (${bad.text})`;
}

function advertiseFault(
  name: 'initial-advertise-peer-urls' | 'advertise-client-urls',
  values: OptionValues,
  form: string,
): string | undefined {
  const urls = values[name];
  const bad = urls.find((url) => (isUnix(url) ? url.socketPath : url.hostname) === '');
  if (bad === undefined) return undefined;
  const all = JSON.stringify(urls.map((url) => url.text).join(','));
  return `--${name} ${all} must be ${form} (unexpected empty host (${bad.text}))`;
}

function clusterStateFault({ values }: ValidationContext): string | undefined {
  const state = values['initial-cluster-state'];
  if (state === 'new' || state === 'existing') return undefined;
  return `unexpected clusterState ${JSON.stringify(state)}`;
}

function bootstrapFault({ values }: ValidationContext): string | undefined {
  if (values['discovery-fallback'] === 'proxy') {
    return 'v2 proxy is deprecated, and --discovery-fallback can\'t be configured as "proxy"';
  }
  const endpoints = values['discovery-endpoints'];
  const methods = [
    values['initial-cluster'] !== '',
    values['discovery'] !== '',
    values['discovery-srv'] !== '',
    endpoints.length > 0,
  ];
  if (methods.filter(Boolean).length > 1) {
    return 'multiple discovery or bootstrap flags are set. Choose one of "initial-cluster", "discovery-endpoints" or "discovery-srv"';
  }
  if (endpoints.length > 0 !== (values['discovery-token'] !== '')) {
    return 'both --discovery-token and --discovery-endpoints must be set';
  }
  if (endpoints.includes('')) return '--discovery-endpoints must not contain empty endpoints';
  if (values['discovery-srv-resolver'].length > 0 && values['discovery-srv'] === '') {
    return '--discovery-srv-resolver is of no use without --discovery-srv';
  }
  return undefined;
}

function tickFault({ values }: ValidationContext): string | undefined {
  const heartbeat = values['heartbeat-interval'];
  const election = values['election-timeout'];
  if (heartbeat === 0) return '--heartbeat-interval must be >0 (set to 0ms)';
  if (election === 0) return '--election-timeout must be >0 (set to 0ms)';
  if (MIN_TICKS_PER_ELECTION * heartbeat > election) {
    return `--election-timeout[${election}ms] should be at least as 5 times as --heartbeat-interval[${heartbeat}ms]`;
  }
  if (election > MAX_ELECTION_TIMEOUT_MS) {
    return `--election-timeout[${election}ms] is too long, and should be set less than ${MAX_ELECTION_TIMEOUT_MS}ms`;
  }
  return undefined;
}

const TLS_VERSIONS = ['TLS1.2', 'TLS1.3'];

function tlsVersionFault({ values }: ValidationContext): string | undefined {
  const min = values['tls-min-version'];
  const max = values['tls-max-version'];
  for (const version of [min, max]) {
    if (version !== '' && !TLS_VERSIONS.includes(version)) {
      return `unexpected TLS version ${JSON.stringify(version)}`;
    }
  }
  if (max !== '' && TLS_VERSIONS.indexOf(min) > TLS_VERSIONS.indexOf(max)) {
    return `min version (${min}) is greater than max version (${max})`;
  }
  if (min === 'TLS1.3' && values['cipher-suites'].length > 0) {
    return 'cipher suites cannot be configured when only TLS1.3 is enabled';
  }
  return undefined;
}

const isTls = (url: EndpointUrl): boolean => url.scheme === 'https' || url.scheme === 'unixs';

function listenerFault({ values }: ValidationContext): string | undefined {
  const hasPeerTls = values['peer-cert-file'] !== '' || values['peer-auto-tls'];
  const tlsPeer = values['listen-peer-urls'].find(isTls);
  if (tlsPeer !== undefined && !hasPeerTls) {
    return `TLS key/cert (--peer-cert-file, --peer-key-file) must be provided for peer url ${tlsPeer.text} with HTTPS scheme`;
  }
  const clientUrls = values['listen-client-urls'];
  const httpUrls = values['listen-client-http-urls'];
  const hasTls = values['cert-file'] !== '' || values['auto-tls'];
  const tlsClient = [...clientUrls, ...httpUrls].find(isTls);
  if (tlsClient !== undefined && !hasTls) {
    return `TLS key/cert (--cert-file, --key-file) must be provided for client url ${tlsClient.text} with HTTPS scheme`;
  }
  const shared = httpUrls.find((url) => clientUrls.some((other) => other.text === url.text));
  if (shared !== undefined) {
    return `cannot bind both --listen-client-urls and --listen-client-http-urls on the same url ${shared.text}`;
  }
  if (values['listen-metrics-urls'].some(isTls) && !hasTls) {
    return 'client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url';
  }
  return undefined;
}

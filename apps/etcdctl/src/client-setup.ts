import { randomUUID } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { ClientOptions, Credentials, TlsOptions } from '@etcd-ts/client';
import { Client } from '@etcd-ts/client';
import { ExitCode, ExitError, badArguments } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { ownAuthorities } from './extra-authorities.js';
import { failed } from './failure.js';
import type { Surroundings } from './invocation.js';
import { dialLine, failedAttemptLine } from './log-line.js';
import type { TlsFiles } from './tls-files.js';

/** Of requests, unless a flag says another. */
const DEFAULT_MAX_SEND_BYTES = 2 * 1024 * 1024;

const NO_ENDPOINTS = 'etcdclient: no available endpoints';
/** What etcd's client leaves out where it names an endpoint in its log. */
const SCHEME = /^(?:https?|unixs?):\/\//u;

/** How the certificates of a connection are named on the command line. */
export interface TlsFlags {
  readonly cert: string;
  readonly key: string;
  readonly cacert: string;
  readonly insecureTransport: string;
}

export interface ClientSet {
  readonly client: Client;
  /** A client of one member, for what is asked of each. */
  member(endpoint: string): Client;
  /** One more connection to the cluster, which logs nothing. */
  another(): Client;
}

export async function openClient(
  flags: FlagValues,
  surroundings: Surroundings,
): Promise<ClientSet> {
  const { streams } = surroundings;
  const discovered = await discoveredEndpoints(flags, (line) => streams.error(line));
  const given = flags.list('endpoints').map((endpoint) => endpoint.trim());
  // As in the original: when none of those in DNS is to be trusted, the others are asked.
  const endpoints = discovered.length > 0 ? discovered : given;
  const options: ClientOptions = {
    ...commonOptions(flags),
    ...(await tlsOptions(flags, TLS_FLAGS, flags.text('discovery-srv'))),
    ...(await credentialOptions(flags, surroundings)),
    endpoints,
  };
  if (endpoints.length === 0) throw new ExitError(ExitCode.badConnection, NO_ENDPOINTS);
  const target = (endpoint: string): string =>
    `endpoint://client-${randomUUID()}/${endpoint.replace(SCHEME, '')}`;
  const logged = (shown: (endpoint: string) => string): Partial<ClientOptions> => ({
    ...(flags.bool('debug') && { onDial: (dial) => streams.error(dialLine(dial)) }),
    onFailedAttempt: (failed) => streams.error(failedAttemptLine(shown(failed.endpoint), failed)),
  });
  const client = new Client({ ...options, ...logged(target) });
  try {
    await client.logIn();
  } catch (error) {
    throw failed(error, ExitCode.badConnection);
  }
  return {
    client,
    member: (endpoint) =>
      new Client({
        ...options,
        ...logged((shown) => `passthrough:///${shown}`),
        endpoints: [endpoint],
      }),
    another: () => new Client(options),
  };
}

async function discoveredEndpoints(
  flags: FlagValues,
  warn: (line: string) => void,
): Promise<readonly string[]> {
  if (flags.text('discovery-srv') === '') return [];
  // Loaded only where it is asked for: the resolver costs more start-up than all the rest.
  const { discoverEndpoints } = await import('./discovery.js');
  return discoverEndpoints(flags, warn);
}

export function commonOptions(flags: FlagValues): ClientOptions {
  const maxSend = Number(flags.integer('max-request-bytes'));
  const maxReceive = Number(flags.integer('max-recv-bytes'));
  return {
    dialTimeoutMs: flags.milliseconds('dial-timeout'),
    requestTimeoutMs: flags.milliseconds('command-timeout'),
    keepaliveTimeMs: flags.milliseconds('keepalive-time'),
    keepaliveTimeoutMs: flags.milliseconds('keepalive-timeout'),
    maxSendBytes: maxSend > 0 ? maxSend : DEFAULT_MAX_SEND_BYTES,
    ...(maxReceive > 0 && { maxReceiveBytes: maxReceive }),
  };
}

const TLS_FLAGS: TlsFlags = {
  cert: 'cert',
  key: 'key',
  cacert: 'cacert',
  insecureTransport: 'insecure-transport',
};

export async function tlsOptions(
  flags: FlagValues,
  names: TlsFlags,
  serverName: string,
): Promise<{ readonly tls: () => TlsOptions; readonly isTlsDefault: boolean }> {
  for (const name of [names.cert, names.key, names.cacert]) {
    if (flags.isGiven(name) && flags.text(name) === '') {
      throw badArguments(`empty string is passed to --${name} option`);
    }
  }
  const [certFile = '', keyFile = '', trustedCaFile = ''] = [
    names.cert,
    names.key,
    names.cacert,
  ].map((name) => flags.text(name));
  const hasFiles = [certFile, keyFile, trustedCaFile].some((file) => file !== '');
  const secureContext = hasFiles
    ? await secureContextOf({ certFile, keyFile, trustedCaFile })
    : undefined;
  const common = {
    ...(serverName !== '' && { serverName }),
    skipVerification: flags.bool('insecure-skip-tls-verify'),
  };
  const tls = (): TlsOptions => {
    if (secureContext !== undefined) return { ...common, secureContext };
    const ca = ownAuthorities();
    return { ...common, ...(ca !== undefined && { ca }) };
  };
  return { tls, isTlsDefault: hasFiles || !flags.bool(names.insecureTransport) };
}

async function secureContextOf(files: TlsFiles): Promise<SecureContext> {
  // Loaded only where it is asked for, as the resolver.
  const { readSecureContext } = await import('./tls-files.js');
  return readSecureContext(files);
}

async function credentialOptions(
  flags: FlagValues,
  { streams, input }: Surroundings,
): Promise<{ credentials?: Credentials }> {
  const token = flags.text('auth-jwt-token');
  const user = flags.text('user');
  if (token !== '') {
    if (user !== '' || flags.text('password') !== '') {
      throw badArguments('--auth-jwt-token cannot be used together with --user or --password');
    }
    return { credentials: { token } };
  }
  if (user === '') return {};
  const given = flags.text('password');
  if (given !== '') return { credentials: { user, password: given } };
  const colon = user.indexOf(':');
  if (colon >= 0) {
    return { credentials: { user: user.slice(0, colon), password: user.slice(colon + 1) } };
  }
  streams.out(Buffer.from('Password: '));
  const password = await input.secret();
  streams.out(Buffer.from('\n'));
  return { credentials: { user, password } };
}

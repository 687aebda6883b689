import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ClientOptions, Credentials, TlsOptions } from '@etcd-ts/client';
import { Client } from '@etcd-ts/client';
import { ExitCode, badArguments } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { failed } from './failure.js';
import type { Surroundings } from './invocation.js';
import { failedAttemptLine } from './log-line.js';

/** Of requests, unless a flag says another. */
const DEFAULT_MAX_SEND_BYTES = 2 * 1024 * 1024;

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
  const endpoints = discovered ?? flags.list('endpoints').map((endpoint) => endpoint.trim());
  const serverName = discovered === undefined ? '' : flags.text('discovery-srv');
  const options: ClientOptions = {
    ...commonOptions(flags),
    ...tlsOptions(flags, TLS_FLAGS, serverName),
    ...(await credentialOptions(flags, surroundings)),
    endpoints: endpoints.length === 0 ? ['127.0.0.1:2379'] : endpoints,
  };
  const target = (endpoint: string): string => `endpoint://client-${randomUUID()}/${endpoint}`;
  const logged = (shown: (endpoint: string) => string): Pick<ClientOptions, 'onFailedAttempt'> => ({
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
): Promise<readonly string[] | undefined> {
  if (flags.text('discovery-srv') === '') return undefined;
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

export function tlsOptions(
  flags: FlagValues,
  names: TlsFlags,
  serverName: string,
): Pick<ClientOptions, 'tls' | 'isTlsDefault'> {
  for (const name of [names.cert, names.key, names.cacert]) {
    if (flags.isGiven(name) && flags.text(name) === '') {
      throw badArguments(`empty string is passed to --${name} option`);
    }
  }
  const [cert, key, ca] = [names.cert, names.key, names.cacert].map((name) => flags.text(name));
  if ((cert === '') !== (key === '')) {
    throw badArguments(`KeyFile and CertFile must both be present[key: ${key}, cert: ${cert}]`);
  }
  const tls: TlsOptions = {
    ...(cert !== '' && { cert: readPem(cert ?? '') }),
    ...(key !== '' && { key: readPem(key ?? '') }),
    ...(ca !== '' && { ca: readPem(ca ?? '') }),
    ...(serverName !== '' && { serverName }),
    skipVerification: flags.bool('insecure-skip-tls-verify'),
  };
  const hasFiles = cert !== '' || ca !== '';
  return { tls, isTlsDefault: hasFiles || !flags.bool(names.insecureTransport) };
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const why = isMissing ? 'no such file or directory' : String(error);
    throw badArguments(`open ${path}: ${why}`);
  }
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

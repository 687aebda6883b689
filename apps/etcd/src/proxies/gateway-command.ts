import { bool, duration, failure, text } from '@etcd-ts/command-line';
import type { Command, FlagValues } from '@etcd-ts/command-line';
import { runDaemon, SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import type { Logger } from '@etcd-ts/foundation';
import { complaintAboutEndpoints, parseRemote, TcpGateway } from '@etcd-ts/tcp-gateway';
import type { RemoteAddress } from '@etcd-ts/tcp-gateway';
import type { TlsCredentials } from '@etcd-ts/tls';
import { credentialsOf } from './cluster-credentials.js';
import { discoveredEndpoints, listenAddressOf } from './discovered-endpoints.js';
import { openProxyLog } from './proxy-log.js';

/** More often, and a dead endpoint is nothing but dialled. */
const MIN_RETRY_DELAY_MS = 10;
const RNG = {
  next: () => Math.random(),
  below: (limit: number) => Math.floor(Math.random() * limit),
};

const START: Command<FlagValues> = {
  use: 'start',
  short: 'start the gateway',
  flags: [
    text('listen-addr', 'listen address', '127.0.0.1:23790'),
    text('discovery-srv', 'DNS domain used to bootstrap initial cluster'),
    text('discovery-srv-name', 'service name to query when using DNS discovery'),
    bool('insecure-discovery', 'accept insecure SRV records'),
    text(
      'trusted-ca-file',
      'path to the CA file that the certificates of endpoints with TLS must be signed by: discovered ones, and https:// ones of --endpoints',
    ),
    {
      name: 'endpoints',
      kind: 'strings',
      default: '127.0.0.1:2379',
      usage: 'comma separated etcd cluster endpoints',
    },
    duration('retry-delay', 'duration of delay before retrying failed endpoints', '1m0s'),
  ],
  run: serve,
};

export const GATEWAY: Command<FlagValues> = {
  use: 'gateway',
  short: 'gateway related command',
  children: [START],
};

async function serve(flags: FlagValues): Promise<number> {
  const logger = openProxyLog('info');
  const listen = listenAddressOf(flags.text('listen-addr'));
  const authorities = authoritiesOf(flags.text('trusted-ca-file'), logger);
  const retryDelayMs = flags.milliseconds('retry-delay');
  if (retryDelayMs < MIN_RETRY_DELAY_MS) throw failure('--retry-delay must be at least 10ms');
  const remotes = await remotesOf(flags, authorities !== undefined, logger);
  if (remotes.length === 0) throw failure('no endpoints found');
  const complaint = await complaintAboutEndpoints(listen, remotes, 'gateway');
  if (complaint !== undefined) throw failure(complaint);
  return runDaemon({
    logger,
    start: async () => {
      const parts = { logger, scheduler: SYSTEM_SCHEDULER, rng: RNG };
      const gateway = await TcpGateway.listen({
        listen,
        remotes,
        retryDelayMs,
        secureContext: authorities && (() => authorities.current.client),
        ...parts,
      });
      const endpoints = remotes.map(({ host, port }) => `${host}:${port}`);
      logger.info('ready to proxy client requests', { endpoints });
      return gateway;
    },
  });
}

async function remotesOf(
  flags: FlagValues,
  hasAuthorities: boolean,
  logger: Logger,
): Promise<readonly RemoteAddress[]> {
  const domain = flags.text('discovery-srv');
  const discovered = await discoveredEndpoints(flags, logger);
  if (discovered.length > 0) {
    // The names came from DNS as well: a certificate for the domain is what nobody else can have.
    return discovered.map(({ isTls, ...where }) => ({
      ...where,
      verifyAs: isTls ? domain : undefined,
    }));
  }
  return flags.list('endpoints').map((endpoint) => {
    const parsed = parseRemote(endpoint.trim());
    if (parsed === undefined) throw failure(`error parsing endpoint ${JSON.stringify(endpoint)}`);
    const { isTls, ...where } = parsed;
    // The original looks only at discovered ones and takes these as they are (CVE-2020-15136).
    const verifyAs = isTls && hasAuthorities ? where.host : undefined;
    return { ...where, priority: 0, weight: 0, verifyAs };
  });
}

function authoritiesOf(trustedCaFile: string, logger: Logger): TlsCredentials | undefined {
  if (trustedCaFile === '') return undefined;
  const files = { certFile: '', keyFile: '', trustedCaFile, mustBeNameless: false };
  return credentialsOf(files, logger);
}

import { failure } from '@etcd-ts/command-line';
import type { Command, FlagValues } from '@etcd-ts/command-line';
import { runDaemon, SYSTEM_SCHEDULER } from '@etcd-ts/daemon';
import type { Logger } from '@etcd-ts/foundation';
import { ETCD_METHODS } from '@etcd-ts/grpc-api';
import { GrpcProxy } from '@etcd-ts/grpc-proxy';
import { createMetrics } from '@etcd-ts/observability';
import { SERVER_VERSION, SYSTEM_CLOCK } from '@etcd-ts/server';
import { complaintAboutEndpoints, parseRemote } from '@etcd-ts/tcp-gateway';
import { discoveredEndpoints } from './discovered-endpoints.js';
import { checkFlags, configOf } from './grpc-proxy-config.js';
import type { ClusterAddress } from './grpc-proxy-config.js';
import { GRPC_PROXY_FLAGS } from './grpc-proxy-flags.js';
import { openProxyLog } from './proxy-log.js';

const START: Command<FlagValues> = {
  use: 'start',
  short: 'start the grpc proxy',
  flags: GRPC_PROXY_FLAGS,
  run: serve,
};

export const GRPC_PROXY: Command<FlagValues> = {
  use: 'grpc-proxy',
  short: 'grpc-proxy related command',
  children: [START],
};

async function serve(flags: FlagValues): Promise<number> {
  checkFlags(flags);
  const logger = openProxyLog(flags.bool('debug') ? 'debug' : 'info');
  const config = configOf(flags, await clusterAddressOf(flags, logger), logger);
  // Unix sockets cannot lead back here, and names that are not there yet may come.
  const addresses = config.endpoints.flatMap((endpoint) => parseRemote(endpoint) ?? []);
  const complaint = await complaintAboutEndpoints(config.listen, addresses, 'grpc-proxy');
  if (complaint?.includes('should not resolve') === true) throw failure(complaint);
  const metrics = createMetrics({
    serverVersion: SERVER_VERSION,
    mode: 'basic',
    grpcMethods: ETCD_METHODS,
  });
  const address = flags.text('listen-addr');
  return runDaemon({
    logger,
    start: async () => {
      const parts = { logger, metrics, clock: SYSTEM_CLOCK, scheduler: SYSTEM_SCHEDULER };
      const proxy = await GrpcProxy.start(config, parts);
      logger.info('listening for gRPC proxy client requests', { address });
      if (config.metrics !== undefined) {
        logger.info('gRPC proxy listening for metrics', { address: flags.text('metrics-addr') });
      }
      logger.info('started gRPC proxy', { address, endpoints: config.endpoints });
      return proxy;
    },
  });
}

async function clusterAddressOf(flags: FlagValues, logger: Logger): Promise<ClusterAddress> {
  const discovered = await discoveredEndpoints(flags, logger);
  if (discovered.length > 0) {
    const endpoints = discovered.map(
      ({ host, port, isTls }) => `${isTls ? 'https' : 'http'}://${host}:${port}`,
    );
    // The names came from DNS as well: a certificate for the domain is what nobody else can have.
    return { endpoints, serverName: flags.text('discovery-srv') };
  }
  const given = flags.list('endpoints').map((endpoint) => endpoint.trim());
  if (given.length === 0) throw failure('no endpoints found');
  for (const endpoint of given) {
    const isUnix = /^unixs?:/u.test(endpoint);
    if (!isUnix && parseRemote(endpoint) === undefined) {
      throw failure(`error parsing endpoint ${JSON.stringify(endpoint)}`);
    }
  }
  return { endpoints: given, serverName: undefined };
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DiscoveryFailure } from '@etcd-ts/bootstrap';
import type { Discovery, ServerConfig } from '@etcd-ts/config';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import { BootstrapError } from '@etcd-ts/server';
import { ERRORS } from '@etcd-ts/wire-protocol';

export interface DiscoveryParts {
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * The configuration with the members in it that a discovery service or DNS has named. A member that has a
 * log already is in a cluster, and asks nobody any more, whether the service is still there or not.
 */
export async function withDiscoveredCluster(
  config: ServerConfig,
  { scheduler, logger, signal }: DiscoveryParts,
): Promise<ServerConfig> {
  const { discovery, name } = config;
  if (discovery === undefined) return config;
  if (hasLog(config)) {
    // Records are no token: the original passes over them without a word.
    if (discovery.kind === 'srv') return config;
    logger.warn(
      'discovery token is ignored since cluster already initialized; valid logs are found',
      { 'wal-dir': walDirOf(config) },
    );
    return config;
  }
  const peerUrls = config.initialAdvertisePeerUrls.map((url) => url.text);
  // Most members are told who the others are: they do without all that asks for it.
  const { joinThrough } = await import('./discovery-join.js');
  const outcome = await joinThrough(discovery, { name, peerUrls, scheduler, logger, signal });
  switch (outcome.kind) {
    case 'ok': {
      const { initialCluster, initialClusterToken = config.initialClusterToken } = outcome;
      return { ...config, initialCluster, initialClusterToken };
    }
    case 'stopped':
      throw ERRORS.Stopped.error();
    case 'failed':
      if (discovery.kind === 'srv') throw new BootstrapError(outcome.message);
      advise(outcome, discovery, config, logger);
      throw new BootstrapError(`failed to join discovery cluster (${outcome.message})`);
  }
}

const walDirOf = ({ walDir, dataDir }: ServerConfig): string =>
  walDir ?? join(dataDir, 'member', 'wal');

function hasLog(config: ServerConfig): boolean {
  const directory = walDirOf(config);
  return existsSync(directory) && readdirSync(directory).some((name) => name.endsWith('.wal'));
}

/** What the original tells an operator whose token does not work any more. */
function advise(
  { reason, message }: DiscoveryFailure,
  discovery: Exclude<Discovery, { kind: 'srv' }>,
  { name, dataDir }: ServerConfig,
  logger: Logger,
): void {
  const token = discovery.kind === 'v2' ? discovery.url : discovery.token;
  const fields = { 'discovery-token': token, error: message };
  switch (reason) {
    case 'duplicateId':
      logger.warn('member has been registered with discovery service', { name, ...fields });
      logger.warn('but could not find valid cluster configuration', { 'data-dir': dataDir });
      logger.warn('check data dir if previous bootstrap succeeded');
      logger.warn('or use a new discovery token if previous bootstrap failed');
      return;
    case 'duplicateName':
      logger.warn('member with duplicated name has already been registered', fields);
      logger.warn('cURL the discovery token URL for details');
      logger.warn('do not reuse discovery token; generate a new one to bootstrap a cluster');
      return;
    case 'full':
    case 'other':
      logger.warn('failed to bootstrap; discovery token was already used', fields);
      logger.warn('do not reuse discovery token; generate a new one to bootstrap a cluster');
  }
}

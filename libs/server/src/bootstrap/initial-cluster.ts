import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { parseEndpointUrl } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import { parseInitialCluster, verifyBootstrap, verifyJoinExisting } from '@etcd-ts/membership';
import type { InitialCluster } from '@etcd-ts/membership';

import type { HostLookup } from '../peers/network.js';
import { BootstrapError } from './bootstrap-error.js';

export const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();

export type InitialClusterFlags = Pick<
  ServerConfig,
  'name' | 'initialCluster' | 'initialClusterState' | 'initialAdvertisePeerUrls'
>;

/** --initial-cluster, checked for what --initial-cluster-state says it is. */
export async function readInitialCluster(
  config: InitialClusterFlags,
  lookup: HostLookup,
): Promise<InitialCluster> {
  const parsed = parseInitialCluster(config.initialCluster, parseEndpointUrl);
  if (parsed.kind === 'error') {
    throw new BootstrapError(`error setting up initial cluster: ${parsed.message}`);
  }
  const { cluster } = parsed;
  const problem =
    config.initialClusterState === 'existing'
      ? verifyJoinExisting({ localName: config.name, cluster })
      : await newClusterProblem(config, cluster, lookup);
  if (problem !== undefined) throw new BootstrapError(problem);
  return cluster;
}

async function newClusterProblem(
  config: InitialClusterFlags,
  cluster: InitialCluster,
  lookup: HostLookup,
): Promise<string | undefined> {
  const advertisePeerUrls = config.initialAdvertisePeerUrls.map((url) => url.text);
  const named = [...advertisePeerUrls, ...(cluster.get(config.name) ?? [])];
  const resolved = await resolveUrls(named, lookup);
  return verifyBootstrap({
    localName: config.name,
    cluster,
    advertisePeerUrls,
    resolve: (url) => resolved.get(url),
  });
}

/**
 * The URLs with addresses for names, by the URL as written; those without an address are left out.
 * `localhost` stands for itself, as in etcd.
 */
export async function resolveUrls(
  urls: readonly string[],
  lookup: HostLookup,
): Promise<ReadonlyMap<string, string>> {
  const resolved = new Map<string, string>();
  for (const text of new Set(urls)) {
    const { hostname, port, protocol } = new URL(text);
    const bare = hostname.replace(/^\[|\]$/gu, '');
    const address = isIP(bare) !== 0 || bare === 'localhost' ? hostname : await lookup(bare);
    if (address === undefined) continue;
    const host = isIP(address) === 6 ? `[${address}]` : address;
    resolved.set(text, `${protocol}//${host}${port === '' ? '' : `:${port}`}`);
  }
  return resolved;
}

import { hexId, must } from '@etcd-ts/foundation';
import type { ClusterId, MemberId } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import {
  clusterVersionOf,
  compareVersions,
  parseVersion,
  resolvedDifference,
} from '@etcd-ts/membership';
import type { InitialCluster, Member } from '@etcd-ts/membership';

import type { PeerCalls, RemoteCluster } from '../peers/network.js';
import { MIN_CLUSTER_VERSION, SERVER_VERSION } from '../version.js';
import { BootstrapError } from './bootstrap-error.js';
import { resolveUrls } from './initial-cluster.js';
import type { HostLookup } from '../peers/network.js';

/** How long a running member may take to answer (etcd: two seconds and two elections). */
const ANSWER_TIMEOUT_MS = 4000;

export interface JoinedCluster {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  /** Whom this member may hear from before its log tells it who they are. */
  readonly remotes: readonly Member[];
}

/**
 * Who this member is in a cluster that runs already: the others know, since it was added there
 * first. Ids are theirs; the flags only have to name the same peer URLs.
 */
export async function planJoin(
  config: ServerConfig,
  cluster: InitialCluster,
  calls: PeerCalls,
): Promise<JoinedCluster> {
  const others = [...cluster].filter(([name]) => name !== config.name).flatMap(([, urls]) => urls);
  const remote = await calls.cluster([...new Set(others)].sort(), ANSWER_TIMEOUT_MS);
  if (remote === undefined) {
    throw new BootstrapError(
      'cannot fetch cluster info from peer urls: could not retrieve cluster information from the ' +
        'given URLs',
    );
  }
  const ids = await matchMembers(cluster, remote, calls.lookup);
  const localId = must(ids.get(config.name), 'the initial cluster has been verified');
  const remotes = remote.members.filter(({ id }) => id !== localId);
  if (!(await isCompatible(remotes, calls))) {
    throw new BootstrapError('incompatible with current running cluster');
  }
  return { localId, clusterId: remote.clusterId, remotes };
}

/** The id of each name, found by its peer URLs. */
async function matchMembers(
  cluster: InitialCluster,
  remote: RemoteCluster,
  lookup: HostLookup,
): Promise<ReadonlyMap<string, MemberId>> {
  const fail = (problem: string): never => {
    throw new BootstrapError(`error validating peerURLs ${describe(remote)}: ${problem}`);
  };
  if (remote.members.length !== cluster.size) return fail('member count is unequal');
  const urls = [...[...cluster.values()].flat(), ...remote.members.flatMap((m) => m.peerUrls)];
  const resolved = await resolveUrls(urls, lookup);
  const resolve = (url: string): string | undefined => resolved.get(url);
  const ids = new Map<string, MemberId>();
  for (const { id, peerUrls } of remote.members) {
    const match = [...cluster].find(
      ([name, own]) => !ids.has(name) && resolvedDifference(peerUrls, own, resolve) === undefined,
    );
    if (match === undefined) {
      const last = [...cluster.values()].sort(byFirstUrl).at(-1) ?? [];
      return fail(
        `PeerURLs: no match found for existing member (${hexId(id)}, [${peerUrls.join(' ')}]), ` +
          `last resolver error (${resolvedDifference(peerUrls, last, resolve) ?? '<nil>'})`,
      );
    }
    ids.set(match[0], id);
  }
  return ids;
}

function byFirstUrl([a = '']: readonly string[], [b = '']: readonly string[]): number {
  return a < b ? -1 : 1;
}

/** Every other member that answers runs a cluster this version can be part of, and one does. */
async function isCompatible(remotes: readonly Member[], calls: PeerCalls): Promise<boolean> {
  const server = must(parseVersion(SERVER_VERSION), 'the own version is one');
  const oldest = must(parseVersion(MIN_CLUSTER_VERSION), 'so is the oldest one');
  let compatible = 0;
  for (const { peerUrls } of remotes) {
    const versions = await calls.versions(peerUrls, ANSWER_TIMEOUT_MS);
    const cluster = versions && parseVersion(versions.cluster);
    if (cluster === undefined) continue;
    if (compareVersions(cluster, oldest) < 0) return false;
    if (compareVersions(clusterVersionOf(server), cluster) < 0) return false;
    compatible++;
  }
  return compatible > 0;
}

/** As Go prints etcd's cluster. */
function describe({ clusterId, members }: RemoteCluster): string {
  const texts = members.map(
    ({ id, name, peerUrls, clientUrls, isLearner }) =>
      `&{ID:${hexId(id)} RaftAttributes:{PeerURLs:[${peerUrls.join(' ')}] IsLearner:${isLearner}} ` +
      `Attributes:{Name:${name} ClientURLs:[${clientUrls.join(' ')}]}}`,
  );
  return `{ClusterID:${hexId(clusterId)} Members:[${texts.join(' ')}] RemovedMemberIDs:[]}`;
}

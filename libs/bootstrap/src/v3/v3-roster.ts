import { parseEndpointUrl } from '@etcd-ts/config';
import { parseInitialCluster } from '@etcd-ts/membership';
import type { KeyValue } from '@etcd-ts/wire-protocol';
import type { DiscoveryFailure } from '../discovery-outcome.js';
import { CLUSTER_FULL, DUPLICATE_NAME, failure } from '../discovery-outcome.js';
import { readPeer } from './registry-keys.js';
import type { V3Peer } from './registry-keys.js';

/** Something an operator should know of an entry that is passed over. */
export interface EntryWarning {
  readonly message: string;
  readonly shown: string;
}

export interface V3Roster {
  /** In order of creation, at most the size of the cluster. */
  readonly peers: readonly V3Peer[];
  readonly warnings: readonly EntryWarning[];
}

/** The members among these keys, first come, first served. */
export function readV3Roster(token: string, kvs: readonly KeyValue[], size: number): V3Roster {
  const warnings: EntryWarning[] = [];
  const peers = new Map<string, V3Peer>();
  const inOrder = [...kvs].sort((a, b) => (a.createRevision < b.createRevision ? -1 : 1));
  for (const kv of inOrder) {
    const reading = readPeer(token, kv);
    if (reading.kind === 'invalid') {
      warnings.push({ message: reading.warning, shown: reading.shown });
    } else if (peers.has(reading.peer.id)) {
      const message = 'found duplicate peer from discovery service';
      warnings.push({ message, shown: reading.peer.id });
    } else {
      peers.set(reading.peer.id, reading.peer);
    }
  }
  return { peers: [...peers.values()].slice(0, size), warnings };
}

/** Who is not among the first, when these are all, comes too late. */
export const fullWithout = (
  { peers }: V3Roster,
  size: number,
  ownId: string,
): DiscoveryFailure | undefined =>
  peers.length === size && !peers.some(({ id }) => id === ownId) ? CLUSTER_FULL : undefined;

/** The members' values become the text that --initial-cluster would have. */
export function composeV3Cluster(
  peers: readonly V3Peer[],
): { readonly kind: 'ok'; readonly initialCluster: string } | DiscoveryFailure {
  const initialCluster = peers.map(({ value }) => value).join(',');
  const parsed = parseInitialCluster(initialCluster, parseEndpointUrl);
  if (parsed.kind === 'error') return failure('discovery: invalid peer URL');
  const urls = [...parsed.cluster.values()].flat();
  if (new Set(urls).size !== urls.length) {
    return failure(`discovery cluster ${initialCluster} has duplicate url`);
  }
  // The original goes on with a cluster that is smaller than what was asked for.
  return parsed.cluster.size === peers.length ? { kind: 'ok', initialCluster } : DUPLICATE_NAME;
}

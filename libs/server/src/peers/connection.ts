import { NO_MEMBER } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';
import type { RaftPort } from '@etcd-ts/peer-transport';

import type { OpenedStorage } from '../bootstrap/open-storage.js';
import type { MemberControl, MemberParts } from '../member-assembly.js';
import type { RaftLoop } from '../raft-loop.js';
import type { MemberState } from '../state.js';
import { openOutgoingSnapshot } from '../transfer/outgoing-snapshot.js';
import { SERVER_VERSION } from '../version.js';
import type { AppendTraffic } from './append-traffic.js';
import type { PeerNetwork } from './network.js';

/** Connects a member to the others it knows of. `loop` is asked only when a message comes in. */
export function connectPeers(
  parts: MemberParts,
  storage: OpenedStorage,
  { cluster }: MemberState,
  control: MemberControl,
  loop: () => RaftLoop,
  traffic: AppendTraffic,
): PeerNetwork {
  const { localId, clusterId } = storage;
  const raft: RaftPort = {
    receive: (message) => {
      traffic.received(message);
      return loop().receive(message);
    },
    reportUnreachable: (id) => {
      traffic.unreachable(id);
      loop().tell((target) => target.reportUnreachable(id));
    },
    reportSnapshot: (id, outcome) => loop().tell((target) => target.reportSnapshot(id, outcome)),
    isRemoved: (id) => cluster.isRemoved(id),
    removedFromCluster: () => control.removalConfirmed(),
  };
  const network = parts.peers.connect({
    local: {
      id: localId,
      clusterId,
      serverVersion: SERVER_VERSION,
      peerUrls: parts.config.initialAdvertisePeerUrls.map((url) => url.text),
    },
    raft,
    snapshotSource: {
      open: (message) => openOutgoingSnapshot(message, { ...parts, ...storage, ...control }),
    },
    snapshotSink: storage.received,
  });
  meetMembers(network, cluster);
  for (const { id, peerUrls } of storage.remotes) network.addRemote(id, peerUrls);
  return network;
}

/** Talks to exactly the other members of the list, at the URLs in it. */
export function meetMembers(network: PeerNetwork, cluster: Cluster): void {
  const known = network.peerIds();
  for (const id of known) {
    if (cluster.member(id) === undefined) network.removePeer(id);
  }
  for (const { id, peerUrls } of cluster.members()) {
    if (id === cluster.localId) continue;
    if (known.includes(id)) network.updatePeer(id, peerUrls);
    else network.addPeer(id, peerUrls);
  }
}

/**
 * Since when this member has been in touch with the others: how many of `ids`, itself included,
 * have been reachable at least since then.
 */
export function connectedSince(
  network: PeerNetwork,
  localId: MemberId,
  ids: readonly MemberId[],
  sinceMs: number,
): number {
  return ids.filter((id) => {
    if (id === localId) return true;
    const active = id === NO_MEMBER ? undefined : network.activeSince(id);
    return active !== undefined && active <= sinceMs;
  }).length;
}

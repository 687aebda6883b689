import type { MemberId } from '@etcd-ts/foundation';

import type { PeerNetwork, Peers } from './network.js';

const SILENT_NETWORK: PeerNetwork = {
  addPeer: () => undefined,
  addRemote: () => undefined,
  removePeer: () => undefined,
  updatePeer: () => undefined,
  peerIds: (): readonly MemberId[] => [],
  send: () => undefined,
  activeSince: () => undefined,
  stop: () => undefined,
};

/** For a member without others: whatever it asks or sends, nobody hears. */
export const LONE_PEERS: Peers = {
  connect: () => SILENT_NETWORK,
  calls: {
    lookup: () => Promise.resolve(undefined),
    cluster: () => Promise.resolve(undefined),
    versions: () => Promise.resolve(undefined),
    promote: () => Promise.resolve(undefined),
    renewLease: () => Promise.resolve(undefined),
    leaseTimes: () => Promise.resolve(undefined),
    hashKv: () => Promise.resolve(undefined),
  },
};

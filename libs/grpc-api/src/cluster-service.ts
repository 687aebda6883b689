import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { ClusterDefinition } from '@etcd-ts/wire-protocol';

import { headerWithoutRevision } from './header.js';
import { unsupported } from './unsupported.js';

export function clusterService({ facts, cluster }: EtcdServer): BoundService {
  const membershipChange = unsupported('changing the membership');
  return bindService(ClusterDefinition, {
    memberAdd: membershipChange,
    memberRemove: membershipChange,
    memberUpdate: membershipChange,
    memberPromote: membershipChange,
    memberList: async ({ linearizable }) => {
      const members = await cluster.members(linearizable);
      return {
        header: headerWithoutRevision(facts),
        members: members.map((member) => ({
          ID: member.id,
          name: member.name,
          peerURLs: [...member.peerUrls],
          clientURLs: [...member.clientUrls],
          isLearner: member.isLearner,
        })),
      };
    },
  });
}

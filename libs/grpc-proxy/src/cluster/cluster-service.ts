import type { KeySpace } from '@etcd-ts/client';
import { prefix } from '@etcd-ts/client';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService, CallContext } from '@etcd-ts/rpc';
import type { Member } from '@etcd-ts/wire-protocol';
import { ClusterDefinition, EtcdError, KVDefinition, RangeRequest } from '@etcd-ts/wire-protocol';
import type { Upstream } from '../upstream/upstream.js';
import { parseRegistration } from './registration.js';

export interface ClusterParts {
  readonly upstream: Upstream;
  readonly space: KeySpace;
  /** Empty: the members of the cluster are shown as they are. */
  readonly advertiseUrl: string;
  readonly hostName: string;
  /** Empty: this proxy stands alone. */
  readonly resolverPrefix: string;
}

/** More proxies than anybody has before one cluster; what is listed is held in memory. */
const MAX_PROXIES = 1000;

/**
 * The proxies as the members: a client that asks where else it can go is to stay on this side. All
 * other calls are about the members themselves and go to the cluster.
 */
export function clusterService(parts: ClusterParts): BoundService {
  const { upstream, advertiseUrl, hostName } = parts;
  const calls = upstream.client.service(ClusterDefinition);
  return bindService(ClusterDefinition, {
    memberAdd: (request, call) => calls.memberAdd(request, upstream.optionsFor(call)),
    memberRemove: (request, call) => calls.memberRemove(request, upstream.optionsFor(call)),
    memberUpdate: (request, call) => calls.memberUpdate(request, upstream.optionsFor(call)),
    memberPromote: (request, call) => calls.memberPromote(request, upstream.optionsFor(call)),
    memberList: async (request, call) => {
      const list = await calls.memberList(request, upstream.optionsFor(call));
      if (advertiseUrl === '') return list;
      const registered = await registeredProxies(parts, call);
      const own = { name: hostName, address: advertiseUrl };
      const proxies = registered.length > 0 ? registered : [own];
      return {
        ...list,
        members: proxies.map(({ name, address }): Member => ({
          ID: 0n,
          name,
          peerURLs: [],
          clientURLs: [address],
          isLearner: false,
        })),
      };
    },
  });
}

async function registeredProxies(
  { upstream, space, resolverPrefix }: ClusterParts,
  call: CallContext,
): Promise<readonly { readonly name: string; readonly address: string }[]> {
  if (resolverPrefix === '') return [];
  const request = RangeRequest.fromPartial({
    ...space.outward(prefix(`${resolverPrefix}/`)),
    limit: BigInt(MAX_PROXIES),
  });
  try {
    const calls = upstream.client.service(KVDefinition);
    const { kvs } = await calls.range(request, upstream.optionsFor(call));
    return kvs.flatMap(({ value }) => parseRegistration(value) ?? []);
  } catch (error) {
    // Who may list members need not be allowed to read the keys of the resolver.
    if (error instanceof EtcdError) return [];
    throw error;
  }
}

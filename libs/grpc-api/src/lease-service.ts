import { LeaseId } from '@etcd-ts/foundation';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { ERRORS, EtcdError, LeaseDefinition } from '@etcd-ts/wire-protocol';

import { headerOf, withHeader } from './header.js';

export function leaseService({ facts, leases }: EtcdServer): BoundService {
  /** An unknown or expired lease is no error to a keep-alive: it has 0 seconds left. */
  const renewedTtl = async (id: LeaseId): Promise<number> => {
    try {
      return await leases.renew(id);
    } catch (error) {
      if (error instanceof EtcdError && error.is(ERRORS.LeaseNotFound)) return 0;
      throw error;
    }
  };
  return bindService(LeaseDefinition, {
    leaseGrant: async (request) => withHeader(facts, await leases.grant(request)),
    leaseRevoke: async (request) => withHeader(facts, await leases.revoke(request)),
    leaseKeepAlive: async (incoming, _call, out) => {
      for await (const { ID } of incoming) {
        // Before the renewal, so that the answer never claims a revision the lease was not alive at.
        const header = headerOf(facts);
        const TTL = BigInt(await renewedTtl(LeaseId(ID)));
        if (!out.write({ header, ID, TTL })) await out.drained();
      }
    },
    leaseTimeToLive: async (request) => withHeader(facts, await leases.timeToLive(request)),
    leaseLeases: async () => ({
      header: headerOf(facts),
      leases: leases.list().map((ID) => ({ ID })),
    }),
  });
}
